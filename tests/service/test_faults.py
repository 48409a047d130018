"""What a crash, a hang, a kill or a damaged model does, and what it does not."""

from __future__ import annotations

import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.receipts import receipt
from local.server import ServerError
from local.service import Answer, Service, runs


def _answer_of_the_next(server: Service, image: bytes) -> Answer:
    """The first answer from the new worker; until it has loaded the model there are 503s."""
    end = time.monotonic() + 60
    while (answer := server.infer(image)).status == 503:
        assert time.monotonic() < end
    return answer


def _cpu_seconds(process: int) -> float:
    """What its main thread has used."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def _wait_for_end_of(processes: set[int]) -> None:
    end = time.monotonic() + 20
    while any(runs(pid) for pid in processes):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_request_inside_a_killed_worker_fails_and_the_next_is_answered(v1_1: Service) -> None:
    image, lines = receipt(1)
    (worker,) = v1_1.workers()
    before = _cpu_seconds(worker)
    with ThreadPoolExecutor() as clients:
        inside = clients.submit(v1_1.infer, image)
        while _cpu_seconds(worker) < before + 0.02:
            time.sleep(0.001)
        os.kill(worker, signal.SIGKILL)
        answer = inside.result()
    assert (answer.status, answer.json["error"]) == (
        500,
        "the worker process died under this request",
    )
    assert _answer_of_the_next(v1_1, image).lines == lines
    assert v1_1.workers() != {worker}


def test_a_request_that_its_worker_never_read_goes_to_another(v1_2: Service) -> None:
    image, lines = receipt(2)
    v1_2.signal_workers(signal.SIGSTOP)
    victim, other = v1_2.workers()
    with ThreadPoolExecutor() as clients:
        sent = [clients.submit(v1_2.infer, image) for _ in range(2)]  # one for each worker
        time.sleep(0.5)
        os.kill(victim, signal.SIGKILL)
        os.kill(other, signal.SIGCONT)
        assert [answer.result().lines for answer in sent] == [lines] * 2
    v1_2.wait_for("/health/ready")


def test_a_worker_that_hangs_is_replaced_and_its_request_is_504(v1_1: Service) -> None:
    image, lines = receipt(2)
    v1_1.signal_workers(signal.SIGSTOP)
    answer = v1_1.infer(image)
    assert answer.status == 504
    assert "no result after 3 s" in answer.json["error"]
    assert _answer_of_the_next(v1_1, image).lines == lines


def test_a_worker_killed_while_idle_costs_no_request(v1_2: Service) -> None:
    image, lines = receipt(3)
    victim = min(v1_2.workers())
    os.kill(victim, signal.SIGKILL)
    _wait_for_end_of({victim})
    assert [v1_2.infer(image).lines for _ in range(4)] == [lines] * 4
    v1_2.wait_for("/health/ready")


def test_sigterm_under_load_drops_nothing(python: Path, models: dict[str, Path]) -> None:
    image, lines = receipt(4)
    wrong: list[object] = []
    answered = [0] * 4

    def send_until_closed(client: int) -> None:
        connection = server.connect()
        while True:
            answer = connection.infer(image)  # raises if the connection is cut under the request
            answered[client] += 1
            if answer.lines != lines:
                wrong.append(answer)
            if answer.headers.get("Connection") == "close":
                return

    with Service(python, models["v1.1"], "v1.1", WORKERS="1") as server:
        with ThreadPoolExecutor(4) as clients:
            running = [clients.submit(send_until_closed, client) for client in range(4)]
            while min(answered) < 3:
                time.sleep(0.01)
            server.process.send_signal(signal.SIGTERM)
            for client in running:
                client.result()
        assert server.process.wait(30) == 0
    assert wrong == []


def test_a_killed_front_leaves_no_process_and_no_shared_memory(
    python: Path, models: dict[str, Path]
) -> None:
    before = set(Path("/dev/shm").iterdir())
    with Service(python, models["v1.1"], "v1.1", WORKERS="1") as server:
        workers = server.workers()
        front = server.front()
        os.kill(server.process.pid, signal.SIGKILL)
        os.kill(front, signal.SIGKILL)
    _wait_for_end_of(workers)
    assert set(Path("/dev/shm").iterdir()) <= before


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda model: (model / "rec/inference.pdiparams").unlink(), "pdiparams is missing"),
        (lambda model: os.truncate(model / "rec/inference.pdiparams", 10**6), "is cut off"),
        (
            lambda model: (model / "det/inference.pdmodel").write_bytes(b"x" * 99),
            "is no program of Paddle",
        ),
        (lambda model: (model / "rec/keys.txt").write_text("a\nb\n"), "keys.txt has 3 letters"),
        (lambda model: (model / "model.yaml").write_text("handler: ocr\nstages: [rec]"), "stages"),
    ],
    ids=["missing", "cut off", "no program", "other letters", "unknown stages"],
)
def test_a_model_that_cannot_be_loaded_ends_the_start_with_one_line(
    python: Path, models: dict[str, Path], tmp_path: Path, damage: object, message: str
) -> None:
    model = tmp_path / "model"
    shutil.copytree(models["v1.1"], model)
    damage(model)  # type: ignore[operator]
    service = Service(python, model, "v1.1", WORKERS="1")
    with pytest.raises(ServerError) as ended, service:
        pass
    complaints = [line for line in str(ended.value).splitlines() if "cannot start" in line]
    assert service.process.returncode not in (0, None)
    assert len(complaints) == 1
    assert message in complaints[0]
    assert "Traceback" not in str(ended.value)
