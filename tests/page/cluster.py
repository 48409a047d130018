"""An API server that keeps one journal and stands before an Alertmanager, as the page asks them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rollout.journal import Page, _dump, _parse

JOURNAL = "/configmaps/rollout-ocr"


class Cluster(ThreadingHTTPServer):
    """`page` is the journal of ocr, `alerts` what fires; `away` answers nothing but 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = Page()
        self.alerts: list[dict[str, Any]] | None = []
        self.away = False

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Cluster

    def do_GET(self) -> None:
        cluster = self.server
        if cluster.away:
            self._send(503, {})
        elif "/proxy/api/v2/alerts" in self.path:
            self._send(503 if cluster.alerts is None else 200, cluster.alerts)
        elif JOURNAL in self.path and cluster.page.state is not None:
            self._send(200, _object(cluster.page))
        else:
            self._send(404, {"kind": "Status", "code": 404})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.page = _parse(body["data"], body["metadata"]["resourceVersion"])
        self._send(200, _object(self.server.page))

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""

    def _send(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _object(page: Page) -> dict[str, Any]:
    return {"metadata": {"name": "rollout-ocr", "resourceVersion": "1"}, "data": _dump(page)}


@contextmanager
def serving() -> Iterator[Cluster]:
    """Run it."""
    with Cluster() as running:
        threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
        yield running
        running.shutdown()
