"""Who gets the next free worker: the request that has waited longest."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Full(Exception):
    """As many wait already as may wait."""


class Idle(Generic[Item]):
    """Free items, handed over in the order of asking.

    A plain queue lets a newcomer overtake those it has woken: under load some requests then wait
    for seconds while others do not wait at all.

    Args:
        waiting: how many may wait at a time.
    """

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting
        self._lock = threading.Lock()
        self._free: deque[Item] = deque()
        self._waiters: deque[Future[Item]] = deque()

    def put(self, item: Item) -> None:
        """Hands the item to the first who waits, or keeps it."""
        with self._lock:
            if self._waiters:
                self._waiters.popleft().set_result(item)
            else:
                self._free.append(item)

    def take(self, timeout_s: float) -> Item:
        """The next free item.

        Raises:
            Full: nothing is free and no more may wait.
            TimeoutError: nothing came free in time.
        """
        with self._lock:
            if self._free:
                return self._free.popleft()
            if len(self._waiters) >= self._waiting:
                raise Full
            mine: Future[Item] = Future()
            self._waiters.append(mine)
        try:
            return mine.result(timeout_s)
        except FutureTimeout:
            with self._lock:
                if mine.done():  # it came between the timeout and the lock
                    return mine.result()
                self._waiters.remove(mine)
            raise TimeoutError from None
