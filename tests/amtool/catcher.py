"""Everybody who is told, on this machine: one server for all webhooks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Told:
    """One message: where it was sent, with which token, and what it says."""

    path: str
    authorization: str
    body: dict[str, Any]

    @property
    def status(self) -> str:
        """`firing` or `resolved`."""
        return str(self.body["status"])

    @property
    def alerts(self) -> list[str]:
        """Names of the alerts in it."""
        return sorted(alert["labels"]["alertname"] for alert in self.body["alerts"])


class Catcher(ThreadingHTTPServer):
    """A server on a port of its own; `told` is what came so far, in order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[Told] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def wait(self, enough: Callable[[list[Told]], object], seconds: float = 20) -> list[Told]:
        """All that came once it is enough, or when the time is over."""
        end = time.monotonic() + seconds
        while not enough(self.told) and time.monotonic() < end:
            time.sleep(0.02)
        return list(self.told)


class _Handler(BaseHTTPRequestHandler):
    server: Catcher

    def do_POST(self) -> None:
        """Take a message."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = self.headers.get("Authorization", "")
        self.server.told.append(Told(self.path, token, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


@contextmanager
def catching() -> Iterator[Catcher]:
    """A catcher that runs."""
    with Catcher() as catcher:
        thread = threading.Thread(target=catcher.serve_forever)
        thread.start()
        try:
            yield catcher
        finally:
            catcher.shutdown()
            thread.join()
