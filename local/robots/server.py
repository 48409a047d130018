"""The robots behind one port, with their vendors' paths.

In the directory:
    accepted.jsonl  each message that a group would see: at, vendor, token, title, text, called
    answers.jsonl   each answer: at, vendor, token, code
    faults.json     read at each call, so write it to break things: {"TOKEN": FAULT}, where FAULT is
                    "reset" (connections are reset), "vanish" (accepts, then no answer comes),
                    "hang" (no answer for 30 s, nothing is accepted), "page" (502 with HTML), or
                    {"code": 310000, "words": "sign not match"}, or {"delay": 2.0} (accepts, and
                    answers so many seconds later)
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.robots.vendors import UNKNOWN_TOKEN, Call, Refused, Robot

_HANG_S = 30


class _Handler(BaseHTTPRequestHandler):
    server: RobotServer

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        vendor, token = _whom(address.path, query)
        fault = self.server.fault(token)
        if fault == "reset":
            self._reset()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(query, self.headers.get("Content-Type", ""), body, self.server.now())
        if fault == "hang":
            self.server.released.wait(_HANG_S)
            self._reset()
        elif fault == "page":
            self._send(502, b"<html>Bad Gateway</html>", "text/html")
        elif isinstance(fault, dict) and "code" in fault:
            self._answer(self.server.robots[token], fault["code"], fault.get("words", ""))
        elif token not in self.server.robots:
            code, words = UNKNOWN_TOKEN.get(vendor, (404, "no such path"))
            self._send(200, json.dumps({"errcode": code, "code": code, "msg": words}).encode())
        else:
            code, words = self.server.take(self.server.robots[token], call)
            if isinstance(fault, dict):
                self.server.released.wait(fault["delay"])
            if fault == "vanish" and code == 0:
                self._reset()
            else:
                self._answer(self.server.robots[token], code, words)

    def log_message(self, *_: object) -> None:
        """Nothing: the paths hold tokens."""

    def _answer(self, robot: Robot, code: int, words: str) -> None:
        self.server.keep("answers", vendor=robot.vendor, token=robot.token, code=code)
        self._send(200, json.dumps(robot.answer(code, words)).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        # With no time to linger, closing resets the connection.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


class RobotServer(ThreadingHTTPServer):
    """Serves in threads of its own between `start` and `stop`.

    Args:
        address: host and port; port 0 takes a free one.
        directory: where it keeps what happens.
        robots: each with a token of its own.
        speed: how many times as fast as the world's its time goes.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        directory: Path,
        robots: Iterable[Robot],
        speed: float = 1.0,
    ) -> None:
        super().__init__(address, _Handler)
        self.robots = {robot.token: robot for robot in robots}
        self.released = threading.Event()
        self._directory = directory
        self.speed = speed
        self._begun = time.time()
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        self.close_port()

    def close_port(self) -> None:
        """Nobody listens any more: connections are refused."""
        self.shutdown()
        self.server_close()

    def open_port(self) -> None:
        """Listens again, on the same port."""
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self.start()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Says nothing of clients that have gone away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def now(self) -> float:
        return self._begun + (time.time() - self._begun) * self.speed

    def take(self, robot: Robot, call: Call) -> tuple[int, str]:
        """The code and words for a call; what is accepted is kept."""
        with self._lock:
            try:
                content = robot.take(call)
            except Refused as refused:
                return refused.code, refused.words
            # DingTalk shows what comes again with the same msgUuid only once.
            if not content.key or content.key not in self._keys:
                self._keys.add(content.key)
                self.keep("accepted", vendor=robot.vendor, token=robot.token, **asdict(content))
        return 0, ""

    def keep(self, name: str, **values: object) -> None:
        line = json.dumps({"at": self.now(), **values}, ensure_ascii=False)
        with (self._directory / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def kept(self, name: str) -> list[dict[str, Any]]:
        """What one of the files holds."""
        file = self._directory / f"{name}.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def fault(self, token: str) -> Any:  # noqa: ANN401 - what JSON holds
        file = self._directory / "faults.json"
        return json.loads(file.read_text()).get(token) if file.exists() else None

    def break_(self, token: str, fault: object) -> None:
        """Sets or, with None, mends a robot's fault."""
        file = self._directory / "faults.json"
        faults = json.loads(file.read_text()) if file.exists() else {}
        faults[token] = fault
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(faults))
        draft.rename(file)


def _whom(path: str, query: dict[str, str]) -> tuple[str, str]:
    if path == "/robot/send":
        return "dingtalk", query.get("access_token", "")
    if path == "/cgi-bin/webhook/send":
        return "wecom", query.get("key", "")
    prefix = "/open-apis/bot/v2/hook/"
    return ("feishu", path.removeprefix(prefix)) if path.startswith(prefix) else ("", "")
