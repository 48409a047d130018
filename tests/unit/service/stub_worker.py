"""A worker process that is no process: the pool is tested with it alone."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from service.errors import StartError
from service.workers.messages import Answer, Ready, Reply, Work
from service.workers.slots import Memory
from service.workers.worker import Died


class StubWorker:
    """Answers with empty outputs.

    Attributes:
        loads: it comes to an end of loading the model.
        gate: holds answers until it is set.
        reads: it lives long enough to read batches.
        fails: raised by batches of at least `fails_from`, after `answers_first` answers.
        batches: slots of each batch that came.
    """

    def __init__(self, memory: Memory, pid: int = 1, unable: str | None = None) -> None:
        self._memory = memory
        self._pid = pid
        self._unable = unable
        self._ended = threading.Event()
        self._reason = "died"
        self._answers: deque[Reply | Exception] = deque()
        self.loads = True
        self.gate = threading.Event()
        self.gate.set()
        self.reads = True
        self.fails: Exception | None = None
        self.fails_from = 1
        self.answers_first = 0
        self.says: Callable[[Work], Reply] = lambda work: Answer(work.slot, (), {})
        self.batches: list[list[int]] = []

    @property
    def pid(self) -> int | None:
        return self._pid

    def wait_ready(self) -> Ready:
        if not self.loads:
            self._ended.wait()
            raise StartError("the worker process died while loading the model")
        if self._unable:
            raise StartError(self._unable)
        return Ready((), (), {}, load_s=0.0, warm_s=0.0)

    def send(self, batch: Sequence[Work]) -> None:
        if self._ended.is_set():
            raise Died
        self.batches.append([work.slot for work in batch])
        for work in batch:
            self._memory.mark(work.slot, begun=self.reads)
        fails = self.fails if len(batch) >= self.fails_from else None
        self._answers.extend(
            self.says(work) for work in batch[: self.answers_first if fails else None]
        )
        if fails:
            self._answers.append(fails)

    def receive(self, until: float) -> Reply:
        self.gate.wait()
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kill(self, reason: str = "died") -> None:
        self._reason = reason
        self._ended.set()

    def wait(self) -> str:
        self._ended.wait()
        return self._reason

    def end(self) -> int | None:
        self._ended.set()
        return -9
