"""gunicorn around the front: one process with threads, which finishes its requests on SIGTERM."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from service import logs
from service.errors import StartError
from service.front.app import create_app
from service.front.metrics import Metrics
from service.front.patience import PatientSocket
from service.front.tracing import instrument
from service.settings import Settings
from service.workers.pool import Pool, slots
from service.workers.worker import Worker

# Seconds. Longer than a proxy keeps an idle connection (Traefik 90 s, nginx 60 s), so that the
# proxy closes first: a request sent into a connection that we close is lost.
_KEEP_ALIVE_S = 120

# Threads beyond those that wait for answers: for health, metrics, the answer 503, and clients that
# send slowly. A waiting thread costs nothing but its stack.
_SPARE_THREADS = 64


# Seconds for which a thread waits for the next request of its connection. The way back through the
# main thread costs 0.1 ms, which a client that sends at once would wait for.
_NEXT_S = 0.02


class FrontProcess(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, with patience for each request, and without a way back between two."""

    def handle(self, conn: TConn) -> object:
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(conn.sock, self.app.settings.read_s)
        while True:
            conn.sock.begin()
            try:
                kept = super().handle(conn)
            finally:
                conn.sock.end()
            # Not while connections wait for threads: one that sends on and on would keep its own.
            spare = self.nr_conns < self.cfg.threads
            if kept is not True or not self.alive or not spare or not conn.sock.more(_NEXT_S):
                return kept

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.app.pool.drain()
        super().handle_exit(sig, frame)


class Server(BaseApplication):  # type: ignore[misc]
    """`run()` serves until SIGTERM and exits with 0, or with 4 if the model cannot be loaded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pool: Pool
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        options: dict[str, Any] = {
            "bind": f"0.0.0.0:{settings.port}",
            "workers": 1,  # the pool and the metrics live in one process
            "worker_class": FrontProcess,
            "threads": settings.waiting + settings.workers * settings.max_batch + _SPARE_THREADS,
            "keepalive": _KEEP_ALIVE_S,
            # The longest that an accepted request can take: its wait, then its worker.
            "graceful_timeout": int(2 * settings.deadline_s) + 1,
            "logconfig_dict": logs.GUNICORN,
            "control_socket_disable": True,  # it wants a home directory; nobody uses it here
            "worker_exit": lambda _arbiter, process: process.app.pool.stop(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        settings = self.settings
        logs.configure(settings.model, settings.version)
        memory = slots(settings)
        metrics = Metrics(settings.version, memory.taken)
        self.pool = Pool(
            settings,
            lambda seat: Worker(settings, seat, memory.memory),
            memory,
            metrics,
            _unable,
        )
        self.pool.start()
        app = create_app(settings, self.pool, metrics)
        try:
            instrument(app, settings.model, settings.version, os.environ)
        except StartError as error:
            _unable(str(error))
        return app


def _unable(message: str) -> None:
    print(f"paddle-canary: cannot start: {message}", file=sys.stderr, flush=True)
    # This exit code of its only process makes the arbiter stop instead of trying again.
    os._exit(Arbiter.APP_LOAD_ERROR)
