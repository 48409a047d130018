"""`python -m monitoring.exporter --namespace paddle-models --plane ingress`: serves /metrics."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from monitoring.exporter.api import ApiServer
from monitoring.exporter.collector import Routes
from monitoring.exporter.state import State, state

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_END = (signal.SIGTERM, signal.SIGINT)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    try:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    except KeyError as missing:
        sys.exit(f"exporter: {missing} is not set; run it in a pod, or set it by hand")
    api = ApiServer(host, int(port))

    def read(namespace: str) -> State:
        objects = api.objects(namespace, options.plane)
        return state(objects, options.plane, options.entry_point)

    # Before there are threads, which would be ended by a signal: the first process of a container
    # has no default for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _END)
    registry = CollectorRegistry()
    registry.register(Routes(options.namespace, read))
    server = make_server("", options.port, application(registry), ThreadingWSGIServer, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait(_END)
    server.shutdown()


def application(registry: CollectorRegistry) -> WSGIApplication:
    """`/metrics` reads the cluster; `/health/live` does not, and says that somebody listens."""
    metrics: WSGIApplication = make_wsgi_app(registry)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            return metrics(environ, start_response)
        found = environ["PATH_INFO"] == "/health/live"
        start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain")])
        return [b"ok\n" if found else b"here is only /metrics\n"]

    return answer


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """A line for each scrape says nothing."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitoring.exporter")
    parser.add_argument(
        "--namespace", required=True, nargs="+", metavar="NAME", help="of models, one or several"
    )
    parser.add_argument("--plane", required=True, choices=["ingress", "gateway"])
    parser.add_argument("--port", type=int, default=9096, help="of /metrics (9096)")
    parser.add_argument(
        "--entry-point",
        nargs="+",
        default=["web", "websecure"],
        metavar="NAME",
        help="Traefik's entry points that the Gateway listens on (web websecure)",
    )
    return parser


if __name__ == "__main__":
    main()
