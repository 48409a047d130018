"""The worker processes: hands each request to a free one and replaces those that end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from service.errors import RequestError, StartError, describe_exit
from service.idle import Full, Idle

_log = logging.getLogger(__name__)

# Seconds between attempts to start a worker that cannot load any more (a GPU fell off the bus).
_RETRY_S = 2.0


class WorkerLike(Protocol):
    """What the pool needs of `service.worker.Worker`."""

    @property
    def pid(self) -> int | None: ...
    def wait_ready(self) -> None: ...
    def run(self, image: bytes, deadline_s: float) -> bytes: ...
    def alive(self) -> bool: ...
    def kill(self) -> None: ...
    def join(self) -> int | None: ...


class Pool:
    """A fixed number of workers and a bounded number of requests waiting for them.

    Args:
        start: starts one worker process and returns at once.
        size: number of workers.
        waiting: requests that may wait while all workers are busy.
        deadline_s: seconds a request may wait, and again seconds a worker may take for it.
        unable: called once with one line when a first worker cannot load the model.
    """

    def __init__(
        self,
        start: Callable[[], WorkerLike],
        size: int,
        waiting: int,
        deadline_s: float,
        unable: Callable[[str], None],
    ) -> None:
        self._start = start
        self._size = size
        self._deadline_s = deadline_s
        self._unable = unable
        self._idle: Idle[WorkerLike] = Idle(waiting)
        self._lock = threading.Lock()
        self._workers: set[WorkerLike] = set()  # every process that may still run
        self._live = 0  # those of them that have loaded the model
        self._warm = False
        self._draining = False
        self._stopped = False

    def start(self) -> None:
        """Starts the workers and returns; `warm` tells when all of them are ready."""
        for seat in range(self._size):
            threading.Thread(target=self._keep, name=f"worker-{seat}", daemon=True).start()

    @property
    def warm(self) -> bool:
        """All workers have been ready once."""
        return self._warm

    @property
    def ready(self) -> bool:
        """New requests are welcome: warm, some worker lives, and the service is not ending."""
        return self._warm and self._live > 0 and not self._draining

    def drain(self) -> None:
        """Makes `ready` false. Requests that still come are answered."""
        self._draining = True

    def stop(self) -> None:
        """Ends the workers; requests inside them are lost, so drain first."""
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.kill()

    def run(self, image: bytes) -> bytes:
        """The answer for one image, as JSON.

        Raises:
            RequestError: 503 when too many wait or no worker came free in time, else what the
                worker says.
        """
        worker = self._free_worker()
        try:
            return worker.run(image, self._deadline_s)
        finally:
            if worker.alive():
                self._idle.put(worker)

    def _free_worker(self) -> WorkerLike:
        end = time.monotonic() + self._deadline_s
        while True:
            try:
                worker = self._idle.take(end - time.monotonic())
            except Full:
                raise RequestError(
                    503, "too many requests are waiting; try again in a second"
                ) from None
            except TimeoutError:
                raise RequestError(
                    503, f"no worker came free in {self._deadline_s:g} s; try again in a second"
                ) from None
            if worker.alive():  # it may have died while idle
                return worker

    def _keep(self) -> None:
        """Keeps one seat filled: starts a worker, waits for its end, starts the next."""
        while (worker := self._started()) is not None:
            try:
                worker.wait_ready()
            except StartError as error:
                self._ended(worker)
                if not self._warm:
                    self._unable(str(error))
                    return
                _log.error("a worker cannot start: %s", error)
                time.sleep(_RETRY_S)
                continue
            with self._lock:
                self._live += 1
                self._warm = self._warm or self._live == self._size
            self._idle.put(worker)
            worker.join()
            with self._lock:
                self._live -= 1
            how = describe_exit(self._ended(worker))
            if not self._stopped:
                _log.error("worker %s ended (%s); starting another", worker.pid, how)

    def _started(self) -> WorkerLike | None:
        """A new worker; None once the pool is stopped, so that `stop` misses none."""
        with self._lock:
            if self._stopped:
                return None
            worker = self._start()
            self._workers.add(worker)
            return worker

    def _ended(self, worker: WorkerLike) -> int | None:
        worker.kill()
        exit_code = worker.join()
        with self._lock:
            self._workers.discard(worker)
        return exit_code
