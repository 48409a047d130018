"""The serving container without its container: for tests and benches that need the real thing."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answer:
    """Status, headers and JSON of one answer."""

    status: int
    headers: dict[str, str]
    json: Any

    @property
    def lines(self) -> list[str]:
        return [line["text"] for line in self.json["lines"]]


class Server:
    """`python -m service` on a free port; ends with the `with` block."""

    def __init__(self, python: Path, models: Path, version: str, **env: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.process = subprocess.Popen(
            [python, "-m", "service"],
            cwd=_ROOT,
            env={
                "PATH": os.environ["PATH"],
                "MODEL_NAME": "ocr",
                "MODEL_VERSION": version,
                "MODEL_DIR": str(models),
                "PORT": str(self.port),
                **env,
            },
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self.wait_for("/health/ready")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=60)

    def wait_for(self, path: str, status: int = 200, timeout_s: float = 90) -> None:
        end = time.monotonic() + timeout_s
        while self.status(path) != status:
            if self.process.poll() is not None:
                raise RuntimeError(f"the service has ended: {self.process.communicate()[1]}")
            if time.monotonic() > end:
                raise TimeoutError(f"{path} is not {status} after {timeout_s} s")
            time.sleep(0.05)

    def status(self, path: str) -> int | None:
        """Status of a GET; None while nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def text(self, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    def connect(self) -> Client:
        return Client(self.port)

    def infer(self, image: bytes) -> Answer:
        return self.connect().infer(image)

    def front(self) -> int:
        """Process id of the front."""
        (front,) = _children(self.process.pid)
        return front

    def workers(self) -> set[int]:
        """Process ids of the Paddle workers that have loaded paddle."""
        return {pid for pid in _children(self.front()) if maps_paddle(pid)}

    def signal_workers(self, number: signal.Signals) -> None:
        for pid in self.workers():
            os.kill(pid, number)


class Client:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()

    def infer(self, image: bytes) -> Answer:
        self._connection.request("POST", "/infer", image, {"Content-Type": "image/png"})
        answer = self._connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), json.loads(answer.read()))


def maps_paddle(pid: int) -> bool:
    try:
        return "libpaddle" in Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def runs(pid: int) -> bool:
    """Whether the process is there and not just waiting to be reaped."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found
