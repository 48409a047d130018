"""Keeps worker processes alive: each seat has one, and another when that ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from service.errors import StartError, describe_exit
from service.workers.messages import Ready, Reply, Work

_log = logging.getLogger(__name__)

# Seconds between attempts to start a worker that cannot load any more (a GPU fell off the bus).
_RETRY_S = 2.0


class WorkerLike(Protocol):
    """What is needed of `service.workers.worker.Worker`."""

    @property
    def pid(self) -> int | None: ...
    def wait_ready(self) -> Ready: ...
    def send(self, batch: Sequence[Work]) -> None: ...
    def receive(self, until: float) -> Reply: ...
    def kill(self, reason: str = ...) -> None: ...
    def wait(self) -> str: ...
    def end(self) -> int | None: ...


class Watcher(Protocol):
    """Who is told what the workers do; `service.front.metrics.Metrics` is."""

    def loaded(self, ready: Ready) -> None: ...
    def restarted(self, reason: str) -> None: ...


class Employer(Protocol):
    """Who has work for the workers; `service.workers.pool.Pool` has."""

    def joined(self, worker: WorkerLike) -> None: ...
    def left(self, worker: WorkerLike) -> None: ...


class Seats:
    """A fixed number of workers.

    Args:
        start: starts the worker of a seat (from 0) and returns at once; may raise StartError.
        employer: hears of workers that are ready, and of those that have ended.
        unable: called once with one line when a first worker cannot load the model.

    Attributes:
        warm: all workers have been ready once.
        live: workers that have loaded the model, and not ended.
        model: what the model takes and gives; None until a worker has loaded it.
    """

    def __init__(
        self,
        count: int,
        start: Callable[[int], WorkerLike],
        employer: Employer,
        watcher: Watcher,
        unable: Callable[[str], None],
    ) -> None:
        self._count = count
        self._start = start
        self._employer = employer
        self._watcher = watcher
        self._unable = unable
        self._lock = threading.Lock()
        self._workers: set[WorkerLike] = set()  # every process that may still run
        self._stopped = False
        self.warm = False
        self.live = 0
        self.model: Ready | None = None

    def start(self) -> None:
        """Starts the workers and returns."""
        for seat in range(self._count):
            name = f"worker-{seat}"
            threading.Thread(target=self._keep, args=(seat,), name=name, daemon=True).start()

    def stop(self) -> None:
        """Ends the workers now, and starts no more."""
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.kill()

    def _keep(self, seat: int) -> None:
        """Keeps one seat filled: starts a worker, waits for its end, starts the next."""
        while not self._stopped:
            try:
                worker = self._started(seat)
            except StartError as error:
                if self._stopped:
                    return
                if not self.warm:
                    self._unable(str(error))
                    return
                _log.error("a worker cannot start: %s", error)
                self._watcher.restarted("start")
                time.sleep(_RETRY_S)
            else:
                self._left(worker, worker.wait())

    def _started(self, seat: int) -> WorkerLike:
        """A worker that has loaded the model.

        Raises:
            StartError: it cannot.
        """
        with self._lock:  # so that `stop` misses none
            worker = self._start(seat)
            self._workers.add(worker)
            if self._stopped:
                worker.kill()
        try:
            ready = worker.wait_ready()
        except StartError:
            self._ended(worker)
            raise
        self._joined(worker, ready)
        return worker

    def _joined(self, worker: WorkerLike, ready: Ready) -> None:
        self._watcher.loaded(ready)
        self.model = ready
        self._employer.joined(worker)
        with self._lock:
            self.live += 1
            self.warm = self.warm or self.live == self._count

    def _left(self, worker: WorkerLike, reason: str) -> None:
        self._employer.left(worker)
        with self._lock:
            self.live -= 1
        how = describe_exit(self._ended(worker))
        if not self._stopped:
            _log.error("worker %s ended (%s: %s); starting another", worker.pid, reason, how)
            self._watcher.restarted(reason)

    def _ended(self, worker: WorkerLike) -> int | None:
        exit_code = worker.end()
        with self._lock:
            self._workers.discard(worker)
        return exit_code
