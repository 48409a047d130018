"""Requests that wait for a worker: a bounded queue which hands them out in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

from service.messages import Reply, Work


class Full(Exception):
    """As many wait already as may wait."""


class Expired(Exception):
    """No worker came free before the deadline."""


@dataclass(eq=False)
class Job:
    """One request on its way.

    Attributes:
        bucket: jobs of equal buckets may share a batch.
        expires: `time.monotonic()` after which nobody waits for it any more.
        dispatched: `time.monotonic()` at which a worker took it, 0.0 before.
        batch: number of jobs in its batch.
        alone: it was in a batch that killed its worker, so it gets no company again.
        reply: what the worker said; an exception if it said nothing.
    """

    work: Work
    bucket: Hashable
    expires: float
    queued: float = field(default_factory=time.monotonic)
    dispatched: float = 0.0
    batch: int = 0
    alone: bool = False
    reply: Future[Reply] = field(default_factory=Future)


class Batches:
    """First come, first served: a batch is the oldest job and the next ones of its bucket.

    Args:
        waiting: jobs that may wait at a time, beside those that free workers are about to take.
        largest: jobs in a batch at most.
        window_s: seconds that a batch which is not full waits for more. Only under load: a worker
            that had nothing to do takes the next job at once.
    """

    def __init__(self, waiting: int, largest: int, window_s: float) -> None:
        self._waiting = waiting
        self._largest = largest
        self._window_s = window_s
        self._jobs: list[Job] = []
        self._changed = threading.Condition()
        self._full_since: float | None = None
        self._takers = 0  # free workers

    def put(self, job: Job) -> None:
        """Queues a job.

        Raises:
            Full: no more may wait.
        """
        with self._changed:
            self._drop_expired()
            if len(self._jobs) >= self._waiting + self._takers * self._largest:
                self._full_since = self._full_since or time.monotonic()
                raise Full
            self._jobs.append(job)
            self._changed.notify_all()

    def put_back(self, jobs: list[Job]) -> None:
        """Queues jobs again, before all others and whatever the bound."""
        with self._changed:
            self._jobs[:0] = jobs
            self._changed.notify_all()

    def withdraw(self, job: Job) -> bool:
        """Takes a job out; False if it is out already, and its reply is or will be there."""
        with self._changed:
            if job not in self._jobs:
                return False
            self._jobs.remove(job)
            return True

    def take(self, timeout_s: float) -> list[Job]:
        """The next batch; empty if none came in time. Jobs that have expired are dropped."""
        with self._changed:
            if self._next():
                if self._window_s:
                    self._changed.wait_for(self._enough, self._window_s)
            else:
                self._full_since = None
                self._takers += 1
                self._changed.wait_for(self._next, timeout_s)
                self._takers -= 1
            batch = self._next()
            now = time.monotonic()
            for job in batch:
                self._jobs.remove(job)
                job.dispatched, job.batch = now, len(batch)
            if len(self._jobs) < self._waiting:
                self._full_since = None
            return batch

    def full_for(self) -> float:
        """Seconds since a job was refused, without a free place in the queue at any time since."""
        since = self._full_since
        return 0.0 if since is None else time.monotonic() - since

    def _enough(self) -> bool:
        return len(self._next()) in (0, self._largest)  # 0: another worker took them

    def _drop_expired(self) -> None:
        now = time.monotonic()
        for job in [job for job in self._jobs if job.expires <= now]:
            self._jobs.remove(job)
            job.reply.set_exception(Expired())

    def _next(self) -> list[Job]:
        self._drop_expired()
        if not self._jobs:
            return []
        first = self._jobs[0]
        if first.alone:
            return [first]
        like = [job for job in self._jobs if job.bucket == first.bucket and not job.alone]
        return like[: self._largest]
