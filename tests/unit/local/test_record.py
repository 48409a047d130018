"""Only the process that was recorded is taken for it, and only that one is ended."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from local.cluster.record import Record, start_time


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_is_known_and_ended(sleeper: subprocess.Popen[bytes]) -> None:
    started = start_time(sleeper.pid)
    assert started is not None
    record = Record(sleeper.pid, started)
    assert record.alive()

    record.kill()

    assert not record.alive()


def test_a_later_process_with_the_same_number_is_left_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    started = start_time(sleeper.pid)
    assert started is not None
    Record(sleeper.pid, started - 1).kill()

    assert sleeper.poll() is None


def test_a_process_that_never_was_has_no_start() -> None:
    assert start_time(2**22 + 1) is None


def test_our_own_start_is_found_despite_odd_command_names() -> None:
    assert start_time(os.getpid())
