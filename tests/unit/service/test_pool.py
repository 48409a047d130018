"""The pool replaces workers that end and bounds the wait for them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from service.errors import RequestError
from service.pool import Pool
from service.worker import WorkerLost
from tests.unit.service.stub import StubWorker


class _Workshop:
    """Makes stub workers and remembers them."""

    def __init__(self) -> None:
        self.made: list[StubWorker] = []
        self.unable: str | None = None
        self.complaints: list[str] = []

    def start(self) -> StubWorker:
        worker = StubWorker(len(self.made) + 1, self.unable)
        self.made.append(worker)
        return worker

    def pool(self, size: int = 1, waiting: int = 1, deadline_s: float = 5.0) -> Pool:
        pool = Pool(self.start, size, waiting, deadline_s, self.complaints.append)
        pool.start()
        return pool


@pytest.fixture
def workshop() -> Iterator[_Workshop]:
    workshop = _Workshop()
    yield workshop
    for worker in workshop.made:
        worker.kill()


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def _worker_of(answer: bytes) -> int:
    return int(json.loads(answer)["worker"])


def test_ready_once_all_workers_are(workshop: _Workshop) -> None:
    pool = workshop.pool(size=2)
    _until(lambda: pool.warm)
    assert pool.ready
    assert len(workshop.made) == 2


def test_a_worker_that_dies_under_a_request_is_replaced(workshop: _Workshop) -> None:
    pool = workshop.pool()
    _until(lambda: pool.warm)
    workshop.made[0].fails = WorkerLost(500, "died")
    workshop.made[0].kill()
    _until(lambda: len(workshop.made) == 2)
    assert _worker_of(pool.run(b"x")) == 2
    pool.stop()


def test_a_request_never_gets_a_worker_that_died_while_idle(workshop: _Workshop) -> None:
    pool = workshop.pool(size=2)
    _until(lambda: pool.warm)
    workshop.made[0].kill()
    assert _worker_of(pool.run(b"x")) != 1
    pool.stop()


def test_a_request_that_fails_in_the_handler_leaves_the_worker_in_place(
    workshop: _Workshop,
) -> None:
    pool = workshop.pool()
    _until(lambda: pool.warm)
    workshop.made[0].fails = RequestError(500, "failed")
    with pytest.raises(RequestError):
        pool.run(b"x")
    workshop.made[0].fails = None
    assert _worker_of(pool.run(b"x")) == 1


def test_beyond_the_waiting_room_the_answer_is_503_at_once(workshop: _Workshop) -> None:
    pool = workshop.pool(waiting=0)
    _until(lambda: pool.warm)
    workshop.made[0].gate.clear()
    inside = threading.Thread(target=pool.run, args=(b"x",))
    inside.start()
    _until(lambda: not pool._idle._free)
    with pytest.raises(RequestError, match="too many requests") as refused:
        pool.run(b"x")
    workshop.made[0].gate.set()
    inside.join()
    assert refused.value.status == 503


def test_a_wait_past_the_deadline_is_503(workshop: _Workshop) -> None:
    pool = workshop.pool(deadline_s=0.05)
    _until(lambda: pool.warm)
    workshop.made[0].gate.clear()
    inside = threading.Thread(target=pool.run, args=(b"x",))
    inside.start()
    _until(lambda: not pool._idle._free)
    with pytest.raises(RequestError, match="no worker came free") as refused:
        pool.run(b"x")
    workshop.made[0].gate.set()
    inside.join()
    assert refused.value.status == 503


def test_not_ready_while_no_worker_lives(workshop: _Workshop) -> None:
    pool = workshop.pool()
    _until(lambda: pool.warm)
    workshop.unable = "out of memory"
    workshop.made[0].kill()
    _until(lambda: not pool.ready)
    assert pool.warm
    pool.stop()


def test_draining_is_unready_and_still_answers(workshop: _Workshop) -> None:
    pool = workshop.pool()
    _until(lambda: pool.warm)
    pool.drain()
    assert not pool.ready
    assert _worker_of(pool.run(b"x")) == 1


def test_a_model_that_cannot_be_loaded_is_reported_not_retried(workshop: _Workshop) -> None:
    workshop.unable = "/models/det is missing"
    workshop.pool()
    _until(lambda: workshop.complaints)
    assert workshop.complaints == ["/models/det is missing"]
    assert len(workshop.made) == 1


def test_stopping_ends_all_workers_and_starts_none(workshop: _Workshop) -> None:
    pool = workshop.pool(size=2)
    _until(lambda: pool.warm)
    pool.stop()
    _until(lambda: not pool.ready)
    assert not any(worker.alive() for worker in workshop.made)
    assert len(workshop.made) == 2
