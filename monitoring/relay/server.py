"""gunicorn around the front: one process with threads, which finishes its requests on SIGTERM."""

from __future__ import annotations

import os
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]

from monitoring.relay import logs
from monitoring.relay.clock import Clock
from monitoring.relay.config import Config
from monitoring.relay.database import Unusable
from monitoring.relay.front import create_app
from monitoring.relay.relay import Relay

# More than may wait for a robot, so that metrics and health always find one.
_THREADS = 64

# Seconds. Go's client, and so Alertmanager, closes an idle connection after 300: it has to be the
# first, since a request sent into a connection that we close is lost.
_KEEP_ALIVE_S = 330

# Seconds for the requests inside: the wait for a robot, and some.
_GRACE_S = 10


class Server(BaseApplication):  # type: ignore[misc]
    """`run()` serves until SIGTERM and exits with 0, or with 4 if the queue cannot be opened."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self.relay: Relay
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"0.0.0.0:{self._config.port}",
            "workers": 1,  # the queue has one owner
            "worker_class": "gthread",
            "threads": _THREADS,
            "keepalive": _KEEP_ALIVE_S,
            "graceful_timeout": _GRACE_S,
            "logconfig_dict": logs.GUNICORN,
            "control_socket_disable": True,
            "worker_tmp_dir": "/dev/shm",
            "worker_exit": lambda _arbiter, process: process.app.relay.stop(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        logs.configure()
        try:
            self.relay = Relay(self._config, self._clock)
        except Unusable as error:
            print(f"relay: cannot start: {error}", file=sys.stderr, flush=True)
            # This exit code of its only process makes the arbiter stop instead of trying again.
            os._exit(Arbiter.APP_LOAD_ERROR)
        self.relay.start()
        return create_app(self.relay)
