"""A worker process that is no process: the pool is tested with it alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from service.errors import StartError
from service.messages import Answer, Ready, Reply, Work
from service.slots import Memory


class StubWorker:
    """Answers with empty outputs.

    Attributes:
        gate: holds batches until it is set.
        reads: it lives long enough to read batches.
        fails: raised by batches of at least `fails_from`, after `answers_first` answers.
        batches: slots of each batch that came.
    """

    def __init__(self, memory: Memory, pid: int = 1, unable: str | None = None) -> None:
        self._memory = memory
        self._pid = pid
        self._unable = unable
        self._end = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.reads = True
        self.fails: Exception | None = None
        self.fails_from = 1
        self.answers_first = 0
        self.says: Callable[[Work], Reply] = lambda work: Answer(work.slot, (), {})
        self.bytes = 0
        self.batches: list[list[int]] = []

    @property
    def pid(self) -> int | None:
        return self._pid

    def wait_ready(self) -> Ready:
        if self._unable:
            raise StartError(self._unable)
        return Ready((), (), {}, load_s=0.0, warm_s=0.0)

    def run(
        self, batch: Sequence[Work], deadline_s: float, answered: Callable[[Reply], None]
    ) -> None:
        self.batches.append([work.slot for work in batch])
        for work in batch:
            self._memory.mark(work.slot, begun=self.reads)
        self.gate.wait()
        fails = self.fails if len(batch) >= self.fails_from else None
        for work in batch[: self.answers_first] if fails else batch:
            answered(self.says(work))
        if fails:
            raise fails

    def alive(self) -> bool:
        return not self._end.is_set()

    def memory(self) -> int:
        return self.bytes

    def kill(self) -> None:
        self._end.set()

    def end(self) -> int | None:
        self._end.set()
        return -9
