"""A server that answers in place of a Kubernetes API server, as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

DATE = "Mon, 23 Nov 2026 12:00:00 GMT"


Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers every request as the test says, and remembers what was asked."""

    server: Server

    def do_GET(self) -> None:
        """Remember and answer."""
        self.server.asked.append(self.path)
        self.server.answer(self)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time of this cluster."""
        return DATE

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""

    def send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        """Send a whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """A server on a port of its own; `asked` are the paths of the requests so far."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Answer = listing([])
        self.asked: list[str] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


def listing(items: list[dict[str, Any]]) -> Answer:
    """Answer with these objects."""
    body = json.dumps({"kind": "List", "apiVersion": "v1", "items": items}).encode()
    return lambda handler: handler.send(200, body)


def cluster(routes: list[dict[str, Any]], nodes: Iterable[str]) -> Answer:
    """Answer as a cluster with these routes and these nodes."""
    listed = listing([{"metadata": {"name": name}} for name in nodes])
    routed = listing(routes)
    return lambda handler: (listed if "/nodes" in handler.path else routed)(handler)


def refusing(status: int) -> Answer:
    """Answer with an error of Kubernetes."""
    body = json.dumps({"kind": "Status", "status": "Failure", "code": status}).encode()
    return lambda handler: handler.send(status, body)


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server, which knows no routes until a test says otherwise."""
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
        yield running
        running.released.set()
        running.shutdown()


def kubeconfig(url: str) -> str:
    """The content of a kubeconfig for the server at `url`."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "clusters": [{"name": "here", "cluster": {"server": url}}],
            "users": [{"name": "me", "user": {"token": "t"}}],
        }
    )
