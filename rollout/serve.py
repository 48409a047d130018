"""Drives every rollout that is under way: the controller as a Deployment of the cluster.

Of several processes, the holder of one lease drives all models, so that the stack file has one
writer; the others wait. A rollout is begun by `rollout begin`, which writes its first page.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kubernetes import client

from rollout.controller import LostLease
from rollout.journal import Journal
from rollout.kube import ClusterAway, Conflict
from rollout.lease import Lease
from rollout.run import Busy, drive
from rollout.stack import ProjectStack, StackError

LEASE = "rollouts"
"""Its name; those of models begin with `rollout-`."""
LOOK_SECONDS = 2.0
# A round asks the cluster once for each model, and no request takes longer than seconds.
HUNG_SECONDS = 120.0

_log = logging.getLogger(__name__)

Drive = Callable[[str], None]


class Drivers:
    """A thread for each rollout that is under way.

    Args:
        under_way: the models whose rollout is; raises ClusterAway, StackError.
        drive: drives that of one model to its end.
    """

    def __init__(self, under_way: Callable[[], list[str]], drive: Drive) -> None:
        self._under_way, self._drive = under_way, drive
        self._threads: dict[str, threading.Thread] = {}

    def look(self) -> None:
        """Start what is under way and not driven yet."""
        try:
            models = self._under_way()
        except (ClusterAway, StackError, ValueError) as error:
            _log.warning("%s; looking again", error)
            return
        for model in models:
            known = self._threads.get(model)
            if known is None or not known.is_alive():
                thread = threading.Thread(target=self._run, args=(model,), daemon=True)
                self._threads[model] = thread
                thread.start()

    def _run(self, model: str) -> None:
        try:
            self._drive(model)
        except (Busy, ClusterAway, Conflict, LookupError, LostLease, StackError) as error:
            # Whatever is still under way is taken up again at the next look.
            _log.warning("%s: %s: %s", model, type(error).__name__, error)
            time.sleep(LOOK_SECONDS)


class Health:
    """Answers `/health` with 200 while `beat` is called, with 503 once it no longer is."""

    def __init__(self, host: str, port: int) -> None:
        self._beat_at = time.monotonic()
        health = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fine = time.monotonic() - health._beat_at < HUNG_SECONDS
                self.send_response(200 if fine and self.path == "/health" else 503)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Probes are no news."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def beat(self) -> None:
        """Say that the loop goes round."""
        self._beat_at = time.monotonic()


def serve(api: client.ApiClient, stack: ProjectStack, health: Health) -> None:
    """Stand by until the lease is ours, then drive; returns when the lease is lost.

    Raises StackError where the stack file is not right at the start. SystemExit, which a signal
    raises, lets an update that is under way end first: that of one that is killed stays locked.
    """
    namespace = stack.config().namespace
    lease = Lease(api, namespace, LEASE, f"{socket.gethostname()}-{os.getpid()}")
    try:
        _lead(api, stack, namespace, health, lease)
    except SystemExit:
        stack.finish()
        lease.release()
        raise


def _lead(
    api: client.ApiClient, stack: ProjectStack, namespace: str, health: Health, lease: Lease
) -> None:
    _stand_by(lease, health)
    _log.info("drives the rollouts of %s", stack.name)

    def under_way() -> list[str]:
        return [
            model
            for model in sorted(stack.config().models)
            if (state := Journal(api, namespace, model).read().state) is not None and not state.done
        ]

    def follow(model: str) -> None:
        def wait(holder: str) -> None:
            if not lease.held:
                raise LostLease(model)
            _log.info("%s: %s drives it; waiting", model, holder)
            time.sleep(LOOK_SECONDS)

        drive(api, stack, model, None, wait, inside=True)

    drivers = Drivers(under_way, follow)
    while lease.held:
        drivers.look()
        health.beat()
        time.sleep(LOOK_SECONDS)


def _stand_by(lease: Lease, health: Health) -> None:
    while True:
        try:
            if lease.acquire() is None:
                return
        except ClusterAway as error:
            _log.warning("%s; trying again", error)
        health.beat()
        time.sleep(LOOK_SECONDS)
