"""Which requests go out together, in which order, and which do not go out at all."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.workers.batches import Batch, Batches, Expired, Full, Job
from service.workers.messages import Refusal, Work


def _job(number: int, bucket: str = "a", expires_in_s: float = 60.0) -> Job[str]:
    return Job(Work(number, (), document=False), bucket, time.monotonic() + expires_in_s)


def _filled(*jobs: Job[str], largest: int = 3, window_s: float = 0.0) -> Batches[str]:
    batches: Batches[str] = Batches(waiting=len(jobs), largest=largest, window_s=window_s)
    for job in jobs:
        batches.put(job)
    return batches


def _led(batches: Batches[str], leader: Job[str]) -> Batch[str]:
    """The batch that a job leads."""
    batch = batches.turn(leader)
    assert batch is not None
    batches.fill(batch)
    return batch


def _next(batches: Batches[str]) -> list[int]:
    """What a worker gets who comes free; empty if there is nothing."""
    batch = batches.next("worker")
    if batch is None:
        return []
    batches.fill(batch)
    return list(batch.jobs)


def test_a_batch_is_the_oldest_job_and_the_next_ones_of_its_bucket() -> None:
    jobs = [_job(1), _job(2, "b"), _job(3), _job(4), _job(5)]
    batches = _filled(*jobs)
    assert [_next(batches) for _ in range(4)] == [[1, 3, 4], [2], [5], []]


def test_jobs_know_the_size_of_their_batch_and_when_it_left() -> None:
    jobs = [_job(1), _job(2)]
    before = time.monotonic()
    _next(_filled(*jobs))
    assert [job.batch for job in jobs] == [2, 2]
    assert before <= jobs[1].dispatched <= time.monotonic()


def test_one_more_than_may_wait_is_refused() -> None:
    batches = _filled(_job(1))
    with pytest.raises(Full):
        batches.put(_job(2))


def test_a_free_worker_gets_a_job_even_if_none_may_wait() -> None:
    batches = _filled()
    _next(batches)
    job = _job(1)
    batches.put(job)
    assert _led(batches, job).worker == "worker"
    with pytest.raises(Full):
        batches.put(_job(2))


def test_the_worker_that_was_free_last_is_taken_first() -> None:
    batches = _filled()
    for worker in ("one", "two"):
        batches.next(worker)
    jobs = [_job(1), _job(2)]
    for job in jobs:
        batches.put(job)
    assert [_led(batches, job).worker for job in jobs] == ["two", "one"]


def test_a_worker_that_is_gone_is_not_taken() -> None:
    batches = _filled()
    for worker in ("one", "two"):
        batches.next(worker)
    batches.gone("two")
    batches.gone("three")
    job = _job(1)
    batches.put(job)
    assert _led(batches, job).worker == "one"


def test_a_job_that_has_expired_is_dropped_before_it_costs_anything() -> None:
    expired, good = _job(1, expires_in_s=-1), _job(2)
    batches = _filled(expired, good)
    assert _next(batches) == [2]
    with pytest.raises(Expired):
        batches.turn(expired)


def test_a_job_expires_though_nothing_else_happens() -> None:
    job = _job(1, expires_in_s=0.01)
    batches = _filled(job)
    with pytest.raises(Expired):
        batches.turn(job)


def test_expired_jobs_take_no_place_in_the_queue() -> None:
    batches = _filled(_job(1, expires_in_s=-1))
    batches.put(_job(2))


def test_a_job_in_a_batch_waits_for_its_reply_beyond_its_deadline() -> None:
    leader, company = _job(1), _job(2, expires_in_s=0.05)
    batches = _filled(leader, company)
    batch = batches.next("worker")
    assert batch is not None
    batches.fill(batch)
    with ThreadPoolExecutor() as threads:
        turn = threads.submit(batches.turn, company)
        time.sleep(0.1)
        batch.answered(Refusal(2, 400, "no image"))
        assert turn.result(5) is None
    assert company.reply == Refusal(2, 400, "no image")


def test_the_lead_of_a_batch_can_be_passed_on() -> None:
    leader, company = _job(1), _job(2)
    batches = _filled(leader, company)
    batch = batches.next("worker")
    assert batch is not None
    batches.fill(batch)
    for job in (leader, company):
        batch.pass_lead()
        assert batches.turn(job) is batch
        batch.answered(Refusal(job.work.slot, 400, "no image"))


def test_a_free_worker_does_not_wait_for_a_full_batch() -> None:
    batches: Batches[str] = Batches(waiting=9, largest=3, window_s=60.0)
    _next(batches)
    job = _job(1)
    batches.put(job)
    assert list(_led(batches, job).jobs) == [1]


def test_under_load_a_batch_waits_for_its_window() -> None:
    jobs = [_job(1), _job(2)]
    batches = _filled(*jobs, largest=3, window_s=60.0)
    batch = batches.next("worker")
    assert batch is not None
    threading.Timer(0.05, batches.put, [_job(3)]).start()
    batches.fill(batch)
    assert list(batch.jobs) == [1, 2, 3]


def test_a_full_batch_waits_for_nothing() -> None:
    jobs = [_job(1), _job(2)]
    assert _next(_filled(*jobs, largest=2, window_s=60.0)) == [1, 2]


def test_what_comes_back_comes_first_and_alone() -> None:
    jobs = [_job(1), _job(2), _job(3)]
    batches = _filled(*jobs)
    _next(batches)
    jobs[0].alone = True
    batches.put(_job(4))
    batches.put_back([jobs[0]])
    assert [_next(batches) for _ in range(2)] == [[1], [4]]


def test_what_comes_back_takes_a_worker_that_is_free() -> None:
    job = _job(1)
    batches = _filled(job)
    _next(batches)
    batches.next("other")
    batches.put_back([job])
    assert _led(batches, job).worker == "other"


def test_a_queue_counts_as_full_until_there_is_room() -> None:
    job = _job(1)
    batches = _filled(job)
    assert batches.full_for() == 0
    with pytest.raises(Full):
        batches.put(_job(2))
    time.sleep(0.01)
    assert batches.full_for() >= 0.01
    _next(batches)
    assert batches.full_for() == 0
