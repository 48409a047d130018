"""A fleet of models as one target: what its pods, its gateway and the route exporter would tell.

python -m bench.rules.fleet 1000 19100
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.openmetrics import series
from service.metrics import LATENCY_BUCKETS

NAMESPACE = "paddle-models"
VERSIONS = {"v1": ("stable", 95), "v2": ("canary", 5)}
PODS = 5
RATE = 10
"""Requests per second of one pod of a stable version."""

Line = tuple[bytes, float]
"""A series, and its increase per second; negative for a gauge, which has the positive value."""


def model_names(models: int) -> list[str]:
    """The names of the models."""
    return [f"model-{each:04d}" for each in range(models)]


def pod_labels(model: str, version: str, pod: int) -> dict[str, str]:
    """The labels of a pod's series after scraping."""
    return {
        "job": "paddle-models",
        "namespace": NAMESPACE,
        "model": model,
        "version": version,
        "track": VERSIONS[version][0],
        "pod": f"{model}-{version}-{pod}",
        "instance": f"10.0.0.1:8000#{pod}",
    }


def lines(models: int) -> Iterator[Line]:
    """Every series of the fleet."""
    for model in model_names(models):
        for version, (track, weight) in VERSIONS.items():
            rate = RATE * weight / 95
            for pod in range(PODS):
                yield from _pod(pod_labels(model, version, pod), rate)
            yield from _route(model, version, track, weight)
            slot = {"job": "gateway", "service": f"{model}-{track}"}
            name = "traefik_service_requests_total"
            yield _line(name, {**slot, "code": "200"}, rate * PODS)
            yield _line(name, {**slot, "code": "500"}, rate * PODS / 1000)
    yield _line("up", {"job": "gateway"}, -1)
    yield _line("up", {"job": "relay"}, -1)


def _pod(labels: dict[str, str], rate: float) -> Iterator[Line]:
    yield _line("up", labels, -1)
    yield _line("paddle_model_requests_total", labels, rate)
    yield _line("paddle_model_errors_total", labels, rate / 1000)
    bounds = [*map(str, LATENCY_BUCKETS), "+Inf"]
    for at, le in enumerate(bounds):
        below = rate * min(1, 0.5 + at / 10)
        yield _line("paddle_model_latency_seconds_bucket", {**labels, "le": le}, below)


def _route(model: str, version: str, track: str, weight: float) -> Iterator[Line]:
    labels = {"namespace": NAMESPACE, "model": model, "version": version}
    exporter = {"job": "paddle-canary-exporter", **labels}
    yield _line("paddle_canary_weight", {**exporter, "track": track}, -weight)
    yield _line("paddle_canary_ready_endpoints", {**exporter, "track": track}, -PODS)
    yield _line("paddle_canary_route_info", {**exporter, "slot": f"{model}-{track}"}, -1)


def _line(metric: str, labels: dict[str, str], rate: float) -> Line:
    return series(metric, labels).encode(), rate


def main() -> None:
    """Serve until killed."""
    models, port = map(int, sys.argv[1:])
    # Metrics of one name must follow each other.
    every = sorted(lines(models))
    started = time.time() - 3600

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            since = time.time() - started
            body = b"".join(
                b"%b %.6g\n" % (name, -rate if rate < 0 else rate * since) for name, rate in every
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
