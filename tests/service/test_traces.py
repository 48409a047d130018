"""With an endpoint set, requests arrive there as spans; health checks do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.python_env import ROOT, environment
from local.service import Service


class _Collector(ThreadingHTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posts)
        self.posted: list[tuple[str, bytes]] = []


class _Posts(BaseHTTPRequestHandler):
    server: _Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[_Collector]:
    with _Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        yield collector
        collector.shutdown()


def test_requests_arrive_as_spans(python: Path, collector: _Collector) -> None:
    packages = environment(ROOT / "service/requirements-traces.txt")
    (site,) = packages.glob("lib/python*/site-packages")
    with Service(
        python,
        ROOT / "tests/puppet",
        "v1.1",
        WORKERS="1",
        PYTHONPATH=str(site),
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}",
        OTEL_BSP_SCHEDULE_DELAY="100",
    ) as service:
        service.infer(b"say hello")
        end = time.monotonic() + 20
        while not collector.posted:
            assert time.monotonic() < end
            time.sleep(0.1)
    spans = b"".join(body for _, body in collector.posted)
    assert {path for path, _ in collector.posted} == {"/v1/traces"}
    assert b"POST /infer" in spans
    assert b"service.version" in spans
    assert b"v1.1" in spans
    assert b"/health" not in spans
