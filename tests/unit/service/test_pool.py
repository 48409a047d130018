"""The pool replaces workers that end, and a request meets only the end of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np
import pytest

from service.errors import RequestError, StartError
from service.settings import from_environment
from service.tensors import one
from service.workers.messages import Ready, Refusal, Reply
from service.workers.pool import Pool, Result, slots
from service.workers.worker import Died, Hung
from tests.unit.service.stub_worker import StubWorker

_REQUEST = {"image": one(b"x")}


class _Workshop:
    """Makes stub workers, remembers them, and hears what the pool tells."""

    def __init__(self) -> None:
        self.made: list[StubWorker] = []
        self.unable: str | None = None
        self.reads = True
        self.loads = True
        self.complaints: list[str] = []
        self.restarts: list[str] = []
        self._clients = ThreadPoolExecutor()

    def start(self, seat: int) -> StubWorker:
        worker = StubWorker(self._memory, len(self.made) + 1, self.unable)
        worker.reads, worker.loads = self.reads, self.loads
        worker.fails = None if self.reads else Died()
        self.made.append(worker)
        return worker

    def loaded(self, ready: Ready) -> None:
        pass

    def restarted(self, reason: str) -> None:
        self.restarts.append(reason)

    def pool(self, **env: str) -> Pool:
        given = {"MODEL_NAME": "ocr", "MODEL_VERSION": "v1.1", "WORKERS": "1", "WAITING": "1"}
        settings = from_environment({**given, "MAX_BYTES": "100", **env})
        memory = slots(settings)
        self._memory = memory.memory
        pool = Pool(settings, self.start, memory, self, self.complaints.append)
        pool.start()
        return pool

    def warm(self, **env: str) -> Pool:
        pool = self.pool(**env)
        _until(lambda: pool.warm)
        return pool

    def send(self, pool: Pool) -> Future[Result]:
        return self._clients.submit(pool.run, _REQUEST, False)

    def close(self) -> None:
        for worker in self.made:
            worker.gate.set()
            worker.kill()
        self._clients.shutdown()


@pytest.fixture
def workshop() -> Iterator[_Workshop]:
    workshop = _Workshop()
    yield workshop
    workshop.close()


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_ready_once_all_workers_are(workshop: _Workshop) -> None:
    pool = workshop.warm(WORKERS="2")
    assert pool.unready == ""
    assert pool.model is not None
    assert len(workshop.made) == 2


def test_a_worker_that_dies_under_a_request_is_replaced(workshop: _Workshop) -> None:
    pool = workshop.warm()
    workshop.made[0].fails = Died()
    with pytest.raises(RequestError, match="died under this request") as failed:
        pool.run(_REQUEST, False)
    assert failed.value.status == 500
    pool.run(_REQUEST, False)
    assert len(workshop.made[1].batches) == 1
    assert workshop.restarts == ["died"]


def test_a_worker_that_hangs_is_replaced(workshop: _Workshop) -> None:
    pool = workshop.warm()
    workshop.made[0].fails = Hung()
    with pytest.raises(RequestError, match="no result after 10 s") as failed:
        pool.run(_REQUEST, False)
    assert failed.value.status == 504
    pool.run(_REQUEST, False)
    assert workshop.restarts == ["hung"]


def test_a_worker_that_ends_between_two_requests_costs_none(workshop: _Workshop) -> None:
    pool = workshop.warm()
    pool.run(_REQUEST, False)
    workshop.made[0].kill("memory")
    pool.run(_REQUEST, False)
    assert [len(worker.batches) for worker in workshop.made] == [1, 1]
    assert workshop.restarts == ["memory"]


def test_company_of_a_request_that_kills_its_worker_is_answered(workshop: _Workshop) -> None:
    pool = workshop.warm(MAX_BATCH="3", WAITING="3")
    first = workshop.made[0]
    first.fails, first.fails_from, first.answers_first = Died(), 2, 1
    first.gate.clear()
    opening = workshop.send(pool)  # holds the worker while the batch gathers
    _until(lambda: first.batches)
    batch = [workshop.send(pool) for _ in range(3)]
    _until(lambda: len(pool._batches._jobs) == 3)
    first.gate.set()
    opening.result()
    # One is answered before the end; the others come again, each alone.
    assert sorted(future.result().batch for future in batch) == [1, 1, 3]
    assert [len(slots) for slots in workshop.made[1].batches] == [1, 1]


def test_an_answer_does_not_wait_for_the_others_of_its_batch(
    workshop: _Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = workshop.warm(MAX_BATCH="2", WAITING="2")
    worker = workshop.made[0]
    worker.gate.clear()
    opening = workshop.send(pool)  # holds the worker while the batch gathers
    _until(lambda: worker.batches)
    batch = [workshop.send(pool) for _ in range(2)]
    _until(lambda: len(pool._batches._jobs) == 2)
    over, receive = threading.Event(), worker.receive

    def receive_slowly(until: float) -> Reply:
        reply = receive(until)
        if reply.slot == worker.batches[1][1]:
            over.wait()
        return reply

    monkeypatch.setattr(worker, "receive", receive_slowly)
    worker.gate.set()
    opening.result()
    done, waiting = wait(batch, return_when=FIRST_COMPLETED)
    over.set()
    assert (len(done), len(waiting)) == (1, 1)
    assert [future.result().batch for future in batch] == [2, 2]


def test_a_batch_that_its_worker_never_read_goes_to_another(workshop: _Workshop) -> None:
    # A process with threads can be dead and still look alive for some milliseconds.
    pool = workshop.warm(MAX_BATCH="2", WAITING="2")
    first = workshop.made[0]
    first.gate.clear()
    opening = workshop.send(pool)  # holds the worker while the batch gathers
    _until(lambda: first.batches)
    batch = [workshop.send(pool) for _ in range(2)]
    _until(lambda: len(pool._batches._jobs) == 2)
    first.fails, first.fails_from, first.reads = Died(), 2, False
    first.gate.set()
    opening.result()
    assert [future.result().batch for future in batch] == [2, 2]
    assert workshop.restarts == ["died"]


def test_a_request_waits_for_a_worker_that_reads_it_no_longer_than_its_deadline(
    workshop: _Workshop,
) -> None:
    workshop.reads = False
    pool = workshop.warm(DEADLINE_SECONDS="0.1")
    with pytest.raises(RequestError, match=r"no worker came free in 0\.1 s"):
        pool.run(_REQUEST, False)
    assert set(workshop.restarts) == {"died"}


def test_what_the_worker_refuses_leaves_it_in_place(workshop: _Workshop) -> None:
    pool = workshop.warm()
    workshop.made[0].says = lambda work: Refusal(work.slot, 415, "no image")
    with pytest.raises(RequestError, match="no image") as refused:
        pool.run(_REQUEST, False)
    assert refused.value.status == 415
    assert workshop.restarts == []


def test_beyond_the_waiting_room_the_answer_is_503_at_once(workshop: _Workshop) -> None:
    pool = workshop.warm(WAITING="0")
    workshop.made[0].gate.clear()
    inside = workshop.send(pool)
    _until(lambda: workshop.made[0].batches)
    with pytest.raises(RequestError, match="too many requests") as refused:
        pool.run(_REQUEST, False)
    workshop.made[0].gate.set()
    inside.result()
    assert refused.value.status == 503


def test_a_wait_past_the_deadline_is_503(workshop: _Workshop) -> None:
    pool = workshop.warm(DEADLINE_SECONDS="0.1")
    workshop.made[0].gate.clear()
    inside = workshop.send(pool)
    _until(lambda: workshop.made[0].batches)
    with pytest.raises(RequestError, match=r"no worker came free in 0\.1 s") as refused:
        pool.run(_REQUEST, False)
    workshop.made[0].gate.set()
    inside.result()
    assert refused.value.status == 503


def test_a_wait_ends_even_if_no_worker_can_be_started_any_more(workshop: _Workshop) -> None:
    pool = workshop.warm(DEADLINE_SECONDS="0.1")
    workshop.unable = "out of memory"
    workshop.made[0].kill()
    _until(lambda: pool.unready)
    with pytest.raises(RequestError, match="no worker came free"):
        pool.run(_REQUEST, False)
    assert pool.unready == "no worker lives"
    assert "start" in workshop.restarts


def test_a_request_larger_than_its_slot_is_413(workshop: _Workshop) -> None:
    pool = workshop.warm()
    with pytest.raises(RequestError, match="5004 bytes; at most 4196") as refused:
        pool.run({"image": one(b"x" * 5000)}, False)
    assert refused.value.status == 413


def test_requests_travel_in_slots_and_leave_none_behind(workshop: _Workshop) -> None:
    pool = workshop.warm()
    for _ in range(100):
        pool.run({"a": np.arange(3, dtype=np.float32)}, True)
    assert pool._slots.taken() == 0


def test_unready_while_the_queue_stays_full(
    workshop: _Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.workers.pool._SATURATED_S", 0.01)
    pool = workshop.warm(WAITING="0")
    workshop.made[0].gate.clear()
    inside = workshop.send(pool)
    _until(lambda: workshop.made[0].batches)
    with pytest.raises(RequestError):
        pool.run(_REQUEST, False)
    _until(lambda: "queue has been full" in pool.unready)
    workshop.made[0].gate.set()
    inside.result()
    _until(lambda: not pool.unready)


def test_draining_is_unready_and_still_answers(workshop: _Workshop) -> None:
    pool = workshop.warm()
    pool.drain()
    assert pool.unready == "ending"
    pool.run(_REQUEST, False)


def test_a_model_that_cannot_be_loaded_is_reported_not_retried(workshop: _Workshop) -> None:
    workshop.unable = "/models/det is missing"
    pool = workshop.pool()
    _until(lambda: workshop.complaints)
    assert workshop.complaints == ["/models/det is missing"]
    assert len(workshop.made) == 1
    assert pool.unready == "workers are loading the model"


def test_stopping_ends_all_workers_and_starts_none(workshop: _Workshop) -> None:
    pool = workshop.warm(WORKERS="2")
    pool.stop()
    _until(lambda: pool.unready == "no worker lives")
    assert len(workshop.made) == 2


def test_stopping_while_the_model_is_loaded_is_no_complaint(workshop: _Workshop) -> None:
    workshop.loads = False
    pool = workshop.pool()
    _until(lambda: workshop.made)
    pool.stop()
    _until(lambda: not pool._seats._workers)
    assert workshop.complaints == []


def test_a_worker_that_the_system_does_not_start_is_tried_again(
    workshop: _Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.workers.seats._RETRY_S", 0.01)
    pool = workshop.warm()
    start = pool._seats._start

    def fails(seat: int) -> StubWorker:
        pool._seats._start = start
        raise StartError("no process can be started")

    pool._seats._start = fails
    workshop.made[0].kill()
    pool.run(_REQUEST, False)
    assert workshop.restarts == ["died", "start"]


def test_company_that_comes_again_still_goes_to_another_if_it_is_not_read(
    workshop: _Workshop,
) -> None:
    pool = workshop.warm(MAX_BATCH="2", WAITING="2")
    first = workshop.made[0]
    first.gate.clear()
    opening = workshop.send(pool)
    _until(lambda: first.batches)
    batch = [workshop.send(pool) for _ in range(2)]
    _until(lambda: len(pool._batches._jobs) == 2)
    first.fails, first.fails_from = Died(), 2
    workshop.reads = False  # its successor is dead before it reads
    first.gate.set()
    opening.result()
    _until(lambda: len(workshop.made) > 1)
    workshop.reads = True
    assert [future.result().batch for future in batch] == [1, 1]
