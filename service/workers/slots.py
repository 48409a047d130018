"""Shared memory between the front and its workers, in slots of one request each.

An anonymous file holds it: it has no name, so no exit of any process can leave it behind.
"""

from __future__ import annotations

import mmap
import os
import threading
from multiprocessing.reduction import DupFd
from typing import Any, Protocol


class Memory:
    """The slots as a process sees them; spawning a process with it shares the same bytes.

    Args:
        count: number of slots.
        size: bytes of one.
    """

    def __init__(self, fd: int, count: int, size: int) -> None:
        self._fd, self._count, self._size = fd, count, size
        everything = memoryview(mmap.mmap(fd, count * (size + 1)))
        self._blocks, self._begun = everything[: count * size], everything[count * size :]

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (DupFd(self._fd), self._count, self._size)

    def block(self, slot: int) -> memoryview:
        """The bytes of one slot."""
        return self._blocks[slot * self._size : (slot + 1) * self._size]

    def mark(self, slot: int, begun: bool) -> None:
        """Notes, for whoever survives this process, whether a worker has begun with the request."""
        self._begun[slot] = begun

    def begun(self, slot: int) -> bool:
        """What was noted last."""
        return bool(self._begun[slot])


class _Duplicate(Protocol):
    def detach(self) -> int: ...


def _received(fd: _Duplicate, count: int, size: int) -> Memory:
    return Memory(fd.detach(), count, size)


class Slots:
    """Who has which slot. Pages that no request ever touched cost nothing.

    Args:
        count: number of slots.
        size: bytes of one.
    """

    def __init__(self, count: int, size: int) -> None:
        fd = os.memfd_create("slots")
        os.ftruncate(fd, count * (size + 1))
        self.memory = Memory(fd, count, size)
        # The last one given back is taken next, so that few pages are ever touched.
        self._count = count
        self._free = list(range(count))
        self._lock = threading.Lock()

    def take(self) -> int | None:
        """A slot for the caller alone, None if all are taken."""
        with self._lock:
            return self._free.pop() if self._free else None

    def taken(self) -> int:
        """How many slots somebody has."""
        return self._count - len(self._free)

    def give_back(self, slot: int) -> None:
        """No process may touch the slot any more."""
        with self._lock:
            self._free.append(slot)
