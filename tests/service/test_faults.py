"""A worker that is killed while Paddle runs in it; other faults: tests/unit/service."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.receipts import receipt
from local.service import Service


def _cpu_seconds(process: int) -> float:
    """What its main thread has used."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


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
    end = time.monotonic() + 60
    while (answer := v1_1.infer(image)).status == 503:  # until the next has loaded the model
        assert time.monotonic() < end
    assert answer.lines == lines
    assert v1_1.workers() != {worker}
