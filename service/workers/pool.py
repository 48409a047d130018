"""From a request to its answer: a slot, a place in the queue, and a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.errors import RequestError
from service.settings import Settings
from service.tensors import Tensors, TooLarge, pack, unpack
from service.workers.batches import Batch, Batches, Expired, Full, Job
from service.workers.messages import Ready, Refusal, Reply, Work
from service.workers.seats import Seats, Watcher, WorkerLike
from service.workers.slots import Slots
from service.workers.worker import Died, Hung

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
        self._slots = slots
        self._batches: Batches[WorkerLike] = Batches(
            settings.waiting, settings.max_batch, settings.window_s
        )
        self._seats = Seats(settings.workers, start, self, watcher, unable)
        self._draining = False

    def start(self) -> None:
        """Starts the workers and returns; `warm` tells when all of them are ready."""
        self._seats.start()

    @property
    def warm(self) -> bool:
        """All workers have been ready once."""
        return self._seats.warm

    @property
    def model(self) -> Ready | None:
        """What the model takes and gives; None until a worker has loaded it."""
        return self._seats.model

    @property
    def unready(self) -> str:
        """Why new requests are not welcome; empty when they are."""
        if self._draining:
            return "ending"
        if not self.warm:
            return "workers are loading the model"
        if self._seats.live == 0:
            return "no worker lives"
        if self._batches.full_for() > _SATURATED_S:
            return f"the queue has been full for {_SATURATED_S:g} s"
        return ""

    def drain(self) -> None:
        """Makes the pool unready. Requests that still come are answered."""
        self._draining = True

    def stop(self) -> None:
        """Ends the workers; requests inside them are lost, so drain first."""
        self._seats.stop()

    def joined(self, worker: WorkerLike) -> None:
        """A worker has loaded the model."""
        self._employ(worker)

    def left(self, worker: WorkerLike) -> None:
        """A worker has ended."""
        self._batches.gone(worker)

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
        if not batch.ends and not self._sent(batch):
            return
        try:
            while job.reply is None:
                batch.answered(batch.worker.receive(batch.ends))
        except Hung:
            batch.worker.kill("hung")
            self._lost(batch, hung=True)
        except Died:
            self._lost(batch, hung=False)
        else:
            self._go_on(batch)

    def _go_on(self, batch: Batch[WorkerLike]) -> None:
        """Has another thread read what is left of a batch, or gives its worker the next one."""
        if batch.jobs:
            batch.pass_lead()
        else:
            self._employ(batch.worker)

    def _employ(self, worker: WorkerLike) -> None:
        """Gives a worker that has nothing to do the next batch, if there is one."""
        batch = self._batches.next(worker)
        # Sent from here, so that the worker does not wait until the thread that leads it runs.
        if batch is not None and (batch.window_s or self._sent(batch)):
            batch.pass_lead()

    def _sent(self, batch: Batch[WorkerLike]) -> bool:
        """Gives a batch to its worker; False if that is gone, and the jobs come again."""
        self._batches.fill(batch)
        for slot in batch.jobs:
            self._slots.memory.mark(slot, begun=False)
        batch.ends = time.monotonic() + self._settings.deadline_s
        try:
            batch.worker.send([job.work for job in batch.jobs.values()])
        except Died:
            self._lost(batch, hung=False)
            return False
        return True

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


def slots(settings: Settings) -> Slots:
    """Memory for all requests that wait, are with workers, or are being taken out again."""
    count = settings.waiting + 2 * settings.workers * settings.max_batch
    return Slots(count, settings.max_bytes + _LENGTHS)


def _too_many() -> RequestError:
    return RequestError(503, "too many requests are waiting; try again in a second")
