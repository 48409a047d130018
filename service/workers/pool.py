"""The worker processes: they share one queue, and each is replaced when it ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.errors import RequestError, StartError, describe_exit
from service.settings import Settings
from service.tensors import Tensors, TooLarge, pack, unpack
from service.workers.batches import Batch, Batches, Expired, Full, Job
from service.workers.messages import Ready, Refusal, Reply, Work
from service.workers.slots import Slots
from service.workers.worker import Died, Hung

_log = logging.getLogger(__name__)

# Seconds between attempts to start a worker that cannot load any more (a GPU fell off the bus).
_RETRY_S = 2.0

# Bytes of a slot for the lengths of BYTES elements, which come on top of what a client sent.
_LENGTHS = 4096

# Seconds for which the queue has to be full before the pod asks to be left alone. A burst fills it
# for a moment; when all pods are overloaded, leaving the Service would help nobody.
_SATURATED_S = 10.0


@dataclass(frozen=True)
class Result:
    """What a worker made of a request.

    Attributes:
        outputs: the handler's outputs, or `document` (BYTES [1]) alone if that was asked for.
        quality: scores of the answer by signal.
        queue_s: seconds in the queue.
        run_s: seconds with the worker.
        batch: requests in its batch.
    """

    outputs: Tensors
    quality: Mapping[str, float]
    queue_s: float
    run_s: float
    batch: int


class WorkerLike(Protocol):
    """What the pool needs of `service.workers.worker.Worker`."""

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


class Pool:
    """A fixed number of workers and a bounded number of requests waiting for them.

    Args:
        start: starts the worker of a seat (from 0) and returns at once.
        slots: the memory that requests travel in; as many as may wait and be with workers.
        watcher: hears of loads and restarts.
        unable: called once with one line when a first worker cannot load the model.
    """

    def __init__(
        self,
        settings: Settings,
        start: Callable[[int], WorkerLike],
        slots: Slots,
        watcher: Watcher,
        unable: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._start = start
        self._slots = slots
        self._watcher = watcher
        self._unable = unable
        self._batches: Batches[WorkerLike] = Batches(
            settings.waiting, settings.max_batch, settings.window_s
        )
        self._lock = threading.Lock()
        self._workers: set[WorkerLike] = set()  # every process that may still run
        self._live = 0  # those of them that have loaded the model
        self._draining = False
        self._stopped = False
        self.warm = False
        """All workers have been ready once."""
        self.model: Ready | None = None
        """What the model takes and gives; None until a worker has loaded it."""

    def start(self) -> None:
        """Starts the workers and returns; `warm` tells when all of them are ready."""
        for seat in range(self._settings.workers):
            name = f"worker-{seat}"
            threading.Thread(target=self._keep, args=(seat,), name=name, daemon=True).start()

    @property
    def unready(self) -> str:
        """Why new requests are not welcome; empty when they are."""
        if self._draining:
            return "ending"
        if not self.warm:
            return "workers are loading the model"
        if self._live == 0:
            return "no worker lives"
        if self._batches.full_for() > _SATURATED_S:
            return f"the queue has been full for {_SATURATED_S:g} s"
        return ""

    def drain(self) -> None:
        """Makes the pool unready. Requests that still come are answered."""
        self._draining = True

    def stop(self) -> None:
        """Ends the workers; requests inside them are lost, so drain first."""
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.kill()

    def run(self, request: Tensors, document: bool) -> Result:
        """Has a request answered.

        Raises:
            RequestError: 413 when it does not fit into a slot, 503 when too many wait or no worker
                came free in time, 504 or 500 when its worker hung or died, else what the worker
                says.
        """
        slot = self._slots.take()
        if slot is None:
            raise _too_many()
        try:
            return self._run(slot, request, document)
        finally:
            self._slots.give_back(slot)

    def _run(self, slot: int, request: Tensors, document: bool) -> Result:
        block = self._slots.memory.block(slot)
        try:
            work = Work(slot, pack(request, block), document)
            self._slots.memory.mark(slot, begun=False)
        except TooLarge as error:
            raise RequestError(
                413, f"the request has {error.needed} bytes; at most {error.there} are taken"
            ) from None
        # Tensors of one shape make a batch; the first axis counts rows.
        bucket = tuple((part.name, part.datatype, part.shape[1:]) for part in work.tensors)
        expires = time.monotonic() + self._settings.deadline_s
        job: Job[WorkerLike] = Job(work, bucket, expires)
        reply = self._reply(job)
        if isinstance(reply, Refusal):
            raise RequestError(reply.status, reply.message)
        return Result(
            unpack(reply.tensors, block),
            reply.quality,
            queue_s=job.dispatched - job.queued,
            run_s=time.monotonic() - job.dispatched,
            batch=job.batch,
        )

    def _reply(self, job: Job[WorkerLike]) -> Reply:
        try:
            self._batches.put(job)
            while job.reply is None:
                batch = self._batches.turn(job)
                if batch is not None:
                    self._lead(batch, job)
        except Full:
            raise _too_many() from None
        except Expired:
            raise RequestError(
                503,
                f"no worker came free in {self._settings.deadline_s:g} s; try again in a second",
            ) from None
        return job.reply

    def _lead(self, batch: Batch[WorkerLike], job: Job[WorkerLike]) -> None:
        """Brings a batch forward until the job has its reply, or has to wait again."""
        worker = batch.worker
        try:
            if not batch.ends:
                self._batches.fill(batch)
                batch.ends = time.monotonic() + self._settings.deadline_s
                worker.send([job.work for job in batch.jobs.values()])
            while job.reply is None:
                batch.answered(worker.receive(batch.ends))
        except Hung:
            worker.kill("hung")
            self._lost(batch, hung=True)
        except Died:
            self._lost(batch, hung=False)
        else:
            for following in batch.jobs.values():
                following.lead(batch)
                return
            self._batches.free(worker)

    def _lost(self, batch: Batch[WorkerLike], *, hung: bool) -> None:
        """Ends jobs whose worker is gone; those that may not have been its end come again.

        A worker that dies of a request has begun with it, so a request can kill only one.
        """
        batch.worker.end()
        again = []
        for slot, job in batch.jobs.items():
            if hung:
                text = f"no result after {self._settings.deadline_s:g} s; the worker is replaced"
                job.answer(Refusal(slot, 504, text))
            elif not self._slots.memory.begun(slot):
                again.append(job)  # the worker was dead before it read the batch
            elif job.batch == 1:
                job.answer(Refusal(slot, 500, "the worker process died under this request"))
            else:
                job.alone = True
                again.append(job)
        self._batches.put_back(again)

    def _keep(self, seat: int) -> None:
        """Keeps one seat filled: starts a worker, waits for its end, starts the next."""
        while (worker := self._started(seat)) is not None:
            try:
                ready = worker.wait_ready()
            except StartError as error:
                self._ended(worker)
                if not self.warm:
                    self._unable(str(error))
                    return
                _log.error("a worker cannot start: %s", error)
                self._watcher.restarted("start")
                time.sleep(_RETRY_S)
                continue
            self._joined(worker, ready)
            reason = worker.wait()
            self._batches.gone(worker)
            with self._lock:
                self._live -= 1
            how = describe_exit(self._ended(worker))
            if not self._stopped:
                _log.error("worker %s ended (%s: %s); starting another", worker.pid, reason, how)
                self._watcher.restarted(reason)

    def _joined(self, worker: WorkerLike, ready: Ready) -> None:
        """A worker has loaded the model."""
        self._watcher.loaded(ready)
        self.model = ready
        self._batches.free(worker)
        with self._lock:
            self._live += 1
            self.warm = self.warm or self._live == self._settings.workers

    def _started(self, seat: int) -> WorkerLike | None:
        """A new worker; None once the pool is stopped, so that `stop` misses none."""
        with self._lock:
            if self._stopped:
                return None
            worker = self._start(seat)
            self._workers.add(worker)
            return worker

    def _ended(self, worker: WorkerLike) -> int | None:
        exit_code = worker.end()
        with self._lock:
            self._workers.discard(worker)
        return exit_code


def slots(settings: Settings) -> Slots:
    """Memory for all requests that wait, are with workers, or are being taken out again."""
    count = settings.waiting + 2 * settings.workers * settings.max_batch
    return Slots(count, settings.max_bytes + _LENGTHS)


def _too_many() -> RequestError:
    return RequestError(503, "too many requests are waiting; try again in a second")
