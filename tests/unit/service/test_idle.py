"""Free workers go to whoever has waited longest; the number of waiters is bounded."""

from __future__ import annotations

import threading
import time

import pytest

from service.idle import Full, Idle


def _waiters(idle: Idle[str], expected: int) -> None:
    while len(idle._waiters) < expected:
        time.sleep(0.001)


def test_what_is_free_is_taken_at_once() -> None:
    idle: Idle[str] = Idle(waiting=0)
    idle.put("a")
    assert idle.take(0.0) == "a"


def test_items_go_out_in_the_order_of_asking() -> None:
    idle: Idle[str] = Idle(waiting=3)
    got: dict[int, str] = {}
    threads = []
    for asker in range(3):
        thread = threading.Thread(target=lambda a=asker: got.__setitem__(a, idle.take(5)))
        thread.start()
        threads.append(thread)
        _waiters(idle, asker + 1)
    for item in "abc":
        idle.put(item)
    for thread in threads:
        thread.join()
    assert got == {0: "a", 1: "b", 2: "c"}


def test_one_more_than_may_wait_is_refused_at_once() -> None:
    idle: Idle[str] = Idle(waiting=0)
    with pytest.raises(Full):
        idle.take(5)


def test_who_gave_up_waiting_takes_nothing_with_him() -> None:
    idle: Idle[str] = Idle(waiting=1)
    with pytest.raises(TimeoutError):
        idle.take(0.01)
    idle.put("a")
    assert idle.take(0.0) == "a"
