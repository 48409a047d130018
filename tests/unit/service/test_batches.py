"""Which requests go out together, in which order, and which do not go out at all."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.batches import Batches, Expired, Full, Job
from service.messages import Work


def _job(number: int, bucket: str = "a", expires_in_s: float = 60.0) -> Job:
    return Job(Work(number, (), document=False), bucket, time.monotonic() + expires_in_s)


def _numbers(batch: list[Job]) -> list[int]:
    return [job.work.slot for job in batch]


def _filled(*jobs: Job, largest: int = 3, window_s: float = 0.0) -> Batches:
    batches = Batches(waiting=len(jobs), largest=largest, window_s=window_s)
    for job in jobs:
        batches.put(job)
    return batches


def test_a_batch_is_the_oldest_job_and_the_next_ones_of_its_bucket() -> None:
    batches = _filled(_job(1), _job(2, "b"), _job(3), _job(4), _job(5))
    assert [_numbers(batches.take(0)) for _ in range(3)] == [[1, 3, 4], [2], [5]]


def test_jobs_know_the_size_of_their_batch_and_when_it_left() -> None:
    job = _job(1)
    before = time.monotonic()
    _filled(job, _job(2)).take(0)
    assert job.batch == 2
    assert before <= job.dispatched <= time.monotonic()


def test_one_more_than_may_wait_is_refused() -> None:
    batches = _filled(_job(1))
    with pytest.raises(Full):
        batches.put(_job(2))


def test_a_free_worker_gets_a_job_even_if_none_may_wait() -> None:
    batches = Batches(waiting=0, largest=1, window_s=0.0)
    with ThreadPoolExecutor() as workers:
        taken = workers.submit(batches.take, 5.0)
        while not batches._takers:
            time.sleep(0.001)
        batches.put(_job(1))
        assert _numbers(taken.result()) == [1]
    with pytest.raises(Full):
        batches.put(_job(2))


def test_a_job_that_has_expired_is_dropped_before_it_costs_anything() -> None:
    expired = _job(1, expires_in_s=-1)
    batches = _filled(expired, _job(2))
    assert _numbers(batches.take(0)) == [2]
    with pytest.raises(Expired):
        expired.reply.result(0)


def test_expired_jobs_take_no_place_in_the_queue() -> None:
    batches = _filled(_job(1, expires_in_s=-1))
    batches.put(_job(2))
    assert _numbers(batches.take(0)) == [2]


def test_who_withdraws_takes_nothing_with_him() -> None:
    job = _job(1)
    batches = _filled(job, _job(2))
    assert batches.withdraw(job)
    assert _numbers(batches.take(0)) == [2]
    assert not batches.withdraw(job)


def test_a_free_worker_does_not_wait_for_a_full_batch() -> None:
    batches = Batches(waiting=9, largest=3, window_s=60.0)
    with ThreadPoolExecutor() as workers:
        taken = workers.submit(batches.take, 5.0)
        while not batches._takers:
            time.sleep(0.001)
        batches.put(_job(1))
        assert _numbers(taken.result(5)) == [1]


def test_under_load_a_batch_waits_for_its_window() -> None:
    batches = _filled(_job(1), _job(2), largest=3, window_s=60.0)
    batches._waiting = 9
    late = threading.Timer(0.05, batches.put, [_job(3)])
    late.start()
    assert _numbers(batches.take(0)) == [1, 2, 3]


def test_a_full_batch_waits_for_nothing() -> None:
    batches = _filled(_job(1), _job(2), largest=2, window_s=60.0)
    assert _numbers(batches.take(0)) == [1, 2]


def test_what_comes_back_comes_first_and_alone() -> None:
    batches = _filled(_job(1), _job(2), _job(3))
    first, *_ = batches.take(0)
    first.alone = True
    batches.put(_job(4))
    batches.put_back([first])
    assert [_numbers(batches.take(0)) for _ in range(2)] == [[1], [4]]


def test_a_queue_counts_as_full_until_there_is_room() -> None:
    batches = _filled(_job(1))
    assert batches.full_for() == 0
    with pytest.raises(Full):
        batches.put(_job(2))
    time.sleep(0.01)
    assert batches.full_for() >= 0.01
    batches.take(0)
    assert batches.full_for() == 0
