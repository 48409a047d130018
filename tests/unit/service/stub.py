"""A worker process that is no process: the pool and the front are tested with it alone."""

from __future__ import annotations

import threading

from service.errors import StartError


class StubWorker:
    """Answers with its own number; `gate` holds its requests, `fails` is raised by them."""

    def __init__(self, pid: int = 1, unable: str | None = None) -> None:
        self._pid = pid
        self._unable = unable
        self._end = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.fails: Exception | None = None

    @property
    def pid(self) -> int | None:
        return self._pid

    def wait_ready(self) -> None:
        if self._unable:
            raise StartError(self._unable)

    def run(self, image: bytes, deadline_s: float) -> bytes:
        self.gate.wait()
        if self.fails:
            raise self.fails
        return b'{"worker": %d, "bytes": %d}' % (self._pid, len(image))

    def alive(self) -> bool:
        return not self._end.is_set()

    def kill(self) -> None:
        self._end.set()

    def join(self) -> int | None:
        self._end.wait()
        return -9
