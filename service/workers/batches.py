"""Requests that wait for a worker, and whose turn it is.

No thread stands between a request and its worker. The thread of one request of a batch leads it:
it talks to the worker until its own answer is there, then another one of the batch does
("Leader/Followers", Schmidt et al., https://www.dre.vanderbilt.edu/~schmidt/PDF/lf.pdf). So a
request that finds a free worker goes from its thread to the worker and back, and wakes no other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from service.workers.messages import Reply, Work

W = TypeVar("W")  # a worker


class Full(Exception):
    """As many wait already as may wait."""


class Expired(Exception):
    """No worker came free before the deadline."""


@dataclass(eq=False)
class Job(Generic[W]):
    """One request on its way.

    Attributes:
        bucket: jobs of equal buckets may share a batch.
        expires: `time.monotonic()` after which nobody waits for it any more.
        dispatched: `time.monotonic()` at which a worker took it, 0.0 before.
        batch: number of jobs in its batch.
        alone: it was in a batch that killed its worker, so it gets no company again.
        leads: the batch that its thread has to lead.
        reply: what the worker said.
        told: set when `leads` or `reply` are, or when it has expired.
    """

    work: Work
    bucket: Hashable
    expires: float
    queued: float = field(default_factory=time.monotonic)
    dispatched: float = 0.0
    batch: int = 0
    alone: bool = False
    leads: Batch[W] | None = None
    reply: Reply | None = None
    told: threading.Event = field(default_factory=threading.Event)

    def answer(self, reply: Reply) -> None:
        """Ends it."""
        self.reply = reply
        self.told.set()


@dataclass(eq=False)
class Batch(Generic[W]):
    """Jobs that a worker has together; at first only the oldest.

    Attributes:
        jobs: those without an answer, by slot.
        window_s: seconds that it waits for company.
        ends: `time.monotonic()` after which the worker counts as hung, 0.0 before it has them.
    """

    worker: W
    jobs: dict[int, Job[W]]
    window_s: float
    ends: float = 0.0

    def answered(self, reply: Reply) -> None:
        """One of its jobs has come to its end."""
        self.jobs.pop(reply.slot).answer(reply)

    def pass_lead(self) -> None:
        """Has the thread of a job without an answer lead it."""
        job = next(iter(self.jobs.values()))
        job.leads = self
        job.told.set()


class Batches(Generic[W]):
    """First come, first served: a batch is the oldest job and the next ones of its bucket.

    Jobs wait only while no worker is free.

    Args:
        waiting: jobs that may wait at a time.
        largest: jobs in a batch at most.
        window_s: seconds that a batch which is not full waits for more. Only under load: a worker
            that had nothing to do takes the next job at once.
    """

    def __init__(self, waiting: int, largest: int, window_s: float) -> None:
        self._waiting = waiting
        self._largest = largest
        self._window_s = window_s
        self._jobs: list[Job[W]] = []
        self._free: list[W] = []
        self._changed = threading.Condition()
        self._full_since: float | None = None

    def put(self, job: Job[W]) -> None:
        """Queues a job, or has it lead a batch of a free worker.

        Raises:
            Full: no more may wait.
        """
        with self._changed:
            self._drop_expired()
            if len(self._jobs) >= self._waiting and not self._free:
                self._full_since = self._full_since or time.monotonic()
                raise Full
            self._jobs.append(job)
            self._match()
            self._changed.notify_all()

    def put_back(self, jobs: Sequence[Job[W]]) -> None:
        """Queues jobs again, before all others and whatever the bound."""
        with self._changed:
            self._jobs[:0] = jobs
            self._drop_expired()
            self._match()

    def next(self, worker: W) -> Batch[W] | None:
        """The next batch of a worker that has nothing to do; None, and it is free, without one.

        Whoever asks has to see that a job of the batch leads it.
        """
        with self._changed:
            self._drop_expired()
            batch = self._batch(worker, self._window_s) if self._jobs else None
            if batch is None:
                self._free.append(worker)
            self._note_room()
            return batch

    def gone(self, worker: W) -> None:
        """The worker gets no more batches."""
        with self._changed:
            if worker in self._free:
                self._free.remove(worker)

    def turn(self, job: Job[W]) -> Batch[W] | None:
        """Waits until a job has a reply, which gives None, or a batch to lead.

        Raises:
            Expired: neither came before its deadline.
        """
        if not job.told.wait(job.expires - time.monotonic()):
            self._withdraw(job)
            job.told.wait()  # if it was not withdrawn a worker has it, whose own deadline ends that
        job.told.clear()
        batch, job.leads = job.leads, None
        if batch is None and job.reply is None:
            raise Expired
        return batch

    def fill(self, batch: Batch[W]) -> None:
        """Adds to the only job of a batch those that may share it."""
        (leader,) = batch.jobs.values()
        with self._changed:
            if batch.window_s and not leader.alone:
                self._changed.wait_for(lambda: self._enough(leader), batch.window_s)
            for job in self._company(leader):
                self._jobs.remove(job)
                batch.jobs[job.work.slot] = job
            self._note_room()
        now = time.monotonic()
        for job in batch.jobs.values():
            job.dispatched, job.batch = now, len(batch.jobs)

    def full_for(self) -> float:
        """Seconds since a job was refused, without a free place in the queue at any time since."""
        since = self._full_since
        return 0.0 if since is None else time.monotonic() - since

    def _match(self) -> None:
        while self._free and self._jobs:
            # The worker that was free last has the most in its caches.
            self._batch(self._free.pop(), window_s=0.0).pass_lead()
        self._note_room()

    def _batch(self, worker: W, window_s: float) -> Batch[W]:
        oldest = self._jobs.pop(0)
        return Batch(worker, {oldest.work.slot: oldest}, window_s)

    def _note_room(self) -> None:
        if self._free or len(self._jobs) < self._waiting:
            self._full_since = None

    def _company(self, leader: Job[W]) -> list[Job[W]]:
        if leader.alone:
            return []
        self._drop_expired()
        like = [job for job in self._jobs if job.bucket == leader.bucket and not job.alone]
        return like[: self._largest - 1]

    def _enough(self, leader: Job[W]) -> bool:
        return len(self._company(leader)) == self._largest - 1

    def _drop_expired(self) -> None:
        now = time.monotonic()
        for job in [job for job in self._jobs if job.expires <= now]:
            self._jobs.remove(job)
            job.told.set()

    def _withdraw(self, job: Job[W]) -> None:
        with self._changed:
            if job in self._jobs:
                self._jobs.remove(job)
                job.told.set()
