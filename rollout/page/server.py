"""gunicorn around the page: one process, since one poller reads for all who look."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

# Each open page holds one for its stream; as many people as look at a release, and some.
_THREADS = 64
# Seconds. A stream never ends by itself, so there is nothing to wait for.
_GRACE_S = 1


class Server(BaseApplication):  # type: ignore[misc]
    """`run()` serves on `bind` (host:port) until SIGTERM or SIGINT, then exits the process."""

    def __init__(self, app: Flask, bind: str) -> None:
        self._app, self._bind = app, bind
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        options: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "worker_class": "gthread",
            "threads": _THREADS,
            "graceful_timeout": _GRACE_S,
            "control_socket_disable": True,
            "loglevel": "warning",
            "worker_tmp_dir": "/dev/shm",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn."""
        return self._app
