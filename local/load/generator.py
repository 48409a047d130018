"""Steady load: real OCR requests at a fixed rate, whatever becomes of them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from local.load.answers import Answer
from local.load.client import Client, Target
from local.receipts import receipt

_PAGES = 20
# So few that none of them waits for long (a pod lets 10 s pass): a machine that is too slow for the
# rate gets requests late, and does not refuse them for a reason that has nothing to do with a
# release.
_CLIENTS = 6


def pages() -> list[bytes]:
    """Small receipts, always the same."""
    return [receipt(seed)[0] for seed in range(_PAGES)]


class Load:
    """Sends `rate` requests a second from `with Load(...)` to its end, in the background.

    The plan is open: a request is sent when it is due and not when another one has come back, as
    users do, so that a slow service gets a queue and not less work. Only when six are under way
    the plan waits, and does not catch up: a backlog would be a rate that nobody asked for.
    """

    def __init__(self, target: Target, bodies: Sequence[bytes], rate: float) -> None:
        self.target = target
        self._rate = rate
        self._bodies = bodies
        self._numbers = itertools.count()
        self._next = 0.0
        self._stop = threading.Event()
        self._lock = threading.Condition()
        self._answers: list[Answer] = []
        self._under_way: dict[int, float] = {}
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_CLIENTS)]

    def __enter__(self) -> Self:
        self._next = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def mark(self) -> float:
        """A point in time, for `since`."""
        return time.monotonic()

    def since(self, mark: float) -> list[Answer]:
        """What became of the requests sent after `mark` and before now; waits for their ends."""
        now = time.monotonic()
        with self._lock:
            self._lock.wait_for(lambda: all(sent >= now for sent in self._under_way.values()))
            return [answer for answer in self._answers if mark <= answer.sent < now]

    def wait_for(self, requests: int, mark: float) -> None:
        """Wait until that many requests sent after `mark` have ended."""
        with self._lock:
            self._lock.wait_for(
                lambda: sum(answer.sent >= mark for answer in self._answers) >= requests
            )

    def _work(self) -> None:
        client = Client(self.target)
        try:
            while True:
                with self._lock:
                    number = next(self._numbers)
                    due = max(self._next, time.monotonic())
                    self._next = due + 1 / self._rate
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
                self._send(client, number, due)
        finally:
            client.close()

    def _send(self, client: Client, number: int, due: float) -> None:
        with self._lock:
            self._under_way[number] = time.monotonic()
        answer = client.read_page(self._bodies[number % len(self._bodies)], due)
        with self._lock:
            del self._under_way[number]
            self._answers.append(answer)
            self._lock.notify_all()


def capacity(target: Target, bodies: Sequence[bytes], seconds: float, clients: int) -> float:
    """Requests a second that come back well when each of `clients` sends the next at once."""
    end = time.monotonic() + seconds
    well: list[int] = []

    def work() -> None:
        client, count = Client(target), 0
        for body in itertools.cycle(bodies):
            if time.monotonic() >= end:
                break
            count += client.read_page(body).failure is None
        client.close()
        well.append(count)

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(well) / (time.monotonic() - started)
