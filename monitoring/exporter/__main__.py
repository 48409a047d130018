"""`python -m monitoring.exporter --namespace paddle-models --plane ingress`: serves /metrics."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, start_http_server

from monitoring.exporter.api import ApiServer
from monitoring.exporter.collector import Routes
from monitoring.exporter.state import State, state

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

    def read() -> State:
        objects = api.objects(options.namespace, options.plane)
        return state(objects, options.plane, options.entry_point)

    # Before there are threads, which would be ended by a signal: the first process of a container
    # has no default for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _END)
    registry = CollectorRegistry()
    registry.register(Routes(options.namespace, read))
    server, _ = start_http_server(options.port, registry=registry)
    signal.sigwait(_END)
    server.shutdown()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitoring.exporter")
    parser.add_argument("--namespace", required=True, help="of the models")
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
