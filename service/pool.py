"""The worker processes: hands each request to a free one and replaces those that end."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

from service.errors import RequestError, StartError, describe_exit

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
        self._room = threading.BoundedSemaphore(size + waiting)
        self._idle: queue.SimpleQueue[WorkerLike] = queue.SimpleQueue()
        self._live: set[WorkerLike] = set()
        self._lock = threading.Lock()
        self._warm = False
        self._ending = False

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
        return self._warm and bool(self._live) and not self._ending

    def drain(self) -> None:
        """Makes `ready` false. Requests that still come are answered."""
        self._ending = True

    def stop(self) -> None:
        """Ends the workers; requests inside them are lost, so drain first."""
        self._ending = True
        with self._lock:
            for worker in self._live:
                worker.kill()

    def run(self, image: bytes) -> bytes:
        """The answer for one image, as JSON.

        Raises:
            RequestError: 503 when too many wait or no worker came free in time, else what the
                worker says.
        """
        if not self._room.acquire(blocking=False):
            raise RequestError(503, "too many requests are waiting; try again in a second")
        try:
            worker = self._free_worker()
            try:
                return worker.run(image, self._deadline_s)
            finally:
                self._idle.put(worker)  # a lost one is dropped by the next `_free_worker`
        finally:
            self._room.release()

    def _free_worker(self) -> WorkerLike:
        end = time.monotonic() + self._deadline_s
        while True:
            try:
                worker = self._idle.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise RequestError(
                    503, f"no worker came free in {self._deadline_s:g} s; try again in a second"
                ) from None
            if worker.alive():
                return worker

    def _keep(self) -> None:
        """Keeps one seat filled: starts a worker, waits for its end, starts the next."""
        while not self._ending:
            worker = self._start()
            try:
                worker.wait_ready()
            except StartError as error:
                if not self._warm:
                    self._unable(str(error))
                    return
                _log.error("a worker cannot start: %s", error)
                time.sleep(_RETRY_S)
                continue
            with self._lock:
                self._live.add(worker)
                self._warm = self._warm or len(self._live) == self._size
            self._idle.put(worker)
            exit_code = worker.join()
            with self._lock:
                self._live.discard(worker)
            if not self._ending:
                _log.error(
                    "worker %s ended (%s); starting another", worker.pid, describe_exit(exit_code)
                )
