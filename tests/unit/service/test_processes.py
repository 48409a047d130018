"""The real front and workers without paddle: what a crash, a hang, a kill or growth does."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.python_env import ROOT
from local.server import ServerError
from local.service import Answer, Service, runs

_PUPPET = ROOT / "tests/puppet"


def _service(models: Path = _PUPPET, **env: str) -> Service:
    return Service(Path(sys.executable), models, "v1", **{"WORKERS": "1", **env})


@pytest.fixture(scope="module")
def one() -> Iterator[Service]:
    """With one worker, which counts as hung after a second."""
    with _service(DEADLINE_SECONDS="1") as service:
        yield service


@pytest.fixture(scope="module")
def two() -> Iterator[Service]:
    """With two workers."""
    with _service(WORKERS="2") as service:
        yield service


def _say(service: Service, word: str) -> list[str]:
    return service.infer(f"say {word}".encode()).lines


def _answer_of_the_next(service: Service) -> Answer:
    """The first answer from the new worker; until it has loaded the model there are 503s."""
    end = time.monotonic() + 60
    while (answer := service.infer(b"say hello")).status == 503:
        assert time.monotonic() < end
    return answer


def _wait_for_end_of(processes: set[int]) -> None:
    end = time.monotonic() + 20
    while any(runs(pid) for pid in processes):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("command", [b"die", b"babble"])
def test_a_request_that_is_its_workers_end_fails_and_the_next_is_answered(
    one: Service, command: bytes
) -> None:
    killed = one.workers()
    answer = one.infer(command)
    error = answer.json["error"]
    assert (answer.status, error) == (500, "the worker process died under this request")
    assert _answer_of_the_next(one).lines == ["hello"]
    assert one.workers() != killed


def test_a_worker_that_hangs_is_replaced_and_its_request_is_504(one: Service) -> None:
    answer = one.infer(b"sleep 60")
    assert answer.status == 504
    assert "no result after 1 s" in answer.json["error"]
    assert _answer_of_the_next(one).lines == ["hello"]


def test_a_request_that_its_worker_never_read_goes_to_another(two: Service) -> None:
    victim, other = two.workers()
    for worker in (victim, other):
        os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor() as clients:
        sent = [clients.submit(_say, two, word) for word in ("one", "two")]  # one for each worker
        time.sleep(0.5)
        os.kill(victim, signal.SIGKILL)
        os.kill(other, signal.SIGCONT)
        assert [answer.result() for answer in sent] == [["one"], ["two"]]
    two.wait_for("/health/ready")


def test_a_worker_killed_while_idle_costs_no_request(two: Service) -> None:
    # Not waited for: the request may come before anybody has noticed.
    os.kill(min(two.workers()), signal.SIGKILL)
    assert [_say(two, str(number)) for number in range(50)] == [[str(n)] for n in range(50)]


def test_a_worker_that_grows_is_replaced_and_no_request_fails() -> None:
    with _service(WORKER_MEMORY_MB="150") as service:
        first = service.workers()
        assert service.infer(b"grow 200").status == 200
        assert _say(service, "hello") == ["hello"]
        assert service.workers() != first
        restarts = 'paddle_serving_worker_restarts_total{reason="memory",version="v1"} 1.0'
        assert restarts in service.text("/metrics")


def test_a_worker_that_is_too_large_when_it_is_warm_ends_the_start() -> None:
    service = _service(WORKER_MEMORY_MB="1")
    with pytest.raises(ServerError, match=r"may have 1 \(WORKER_MEMORY_MB"), service:
        pass


def test_sigterm_under_load_drops_nothing() -> None:
    answered = [0] * 4

    def send_until_closed(client: int) -> None:
        connection = service.connect()
        while True:
            answer = connection.infer(b"sleep 0.01")  # raises if it is cut under the request
            assert answer.lines == ["0.01"]
            answered[client] += 1
            if answer.headers.get("Connection") == "close":
                return

    with _service() as service:
        with ThreadPoolExecutor(4) as clients:
            running = [clients.submit(send_until_closed, client) for client in range(4)]
            while min(answered) < 3:
                time.sleep(0.01)
            service.process.send_signal(signal.SIGTERM)
            for client in running:
                client.result()
        assert service.process.wait(30) == 0


def test_a_killed_front_leaves_no_process_and_no_shared_memory() -> None:
    before = set(Path("/dev/shm").iterdir())
    with _service() as service:
        workers, front = service.workers(), service.front()
        os.kill(service.process.pid, signal.SIGKILL)
        os.kill(front, signal.SIGKILL)
    _wait_for_end_of(workers)
    assert set(Path("/dev/shm").iterdir()) <= before


def test_a_model_that_cannot_be_loaded_ends_the_start_with_one_line(tmp_path: Path) -> None:
    shutil.copy(_PUPPET / "puppet.py", tmp_path)
    (tmp_path / "model.yaml").write_text("handler: puppet.py:Puppet\nstrings: 2\n")
    service = _service(tmp_path)
    with pytest.raises(ServerError) as ended, service:
        pass
    complaints = [line for line in str(ended.value).splitlines() if "cannot start" in line]
    assert service.process.returncode not in (0, None)
    assert len(complaints) == 1
    assert "unknown key 'strings'" in complaints[0]
    assert "Traceback" not in str(ended.value)
