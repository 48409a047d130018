"""A disk that is full takes nothing, loses nothing and doubles nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.robots.server import RobotServer
from tests.relay.alerts import alert, webhook
from tests.relay.conftest import MINUTES, TOKENS, Make, told
from tests.relay.process import eventually

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system, which takes root")

CRUMB = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory], check=True, timeout=10
    )
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True, timeout=10)


def fill(disk: Path, leave: int) -> Path:
    """Takes all of the disk but so many bytes."""
    file = disk / "filler"
    with file.open("ab", buffering=0) as filler:
        while os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize > leave:
            try:
                filler.write(b"x" * CRUMB)
            except OSError:
                break
    return file


@MINUTES
def test_a_disk_that_fills_up(make: Make, robots: RobotServer, disk: Path) -> None:
    relay = make(data=str(disk))
    relay.start()
    robots.close_port()
    assert relay.post("wecom", webhook(alert("Kept"))) == 503
    filler = fill(disk, leave=512 * 1024)
    assert relay.post("wecom", webhook(alert("Refused"))) == 503
    assert relay.metric("paddle_relay_storage_errors_total") >= 1
    assert relay.metric("paddle_relay_waiting", robot="wecom") == 1
    robots.open_port()
    # What is left is for telling and crossing off what waits.
    eventually(lambda: relay.metric("paddle_relay_waiting") == 0)
    filler.unlink()
    assert relay.post("wecom", webhook(alert("Refused"))) == 200
    titles = [each["title"] for each in told(robots, "wecom")]
    assert [sum(name in title for title in titles) for name in ("Kept", "Refused")] == [1, 1]


@MINUTES
def test_a_disk_without_a_single_byte(make: Make, robots: RobotServer, disk: Path) -> None:
    relay = make(data=str(disk))
    relay.start()
    robots.break_(TOKENS["wecom"], {"delay": 1.5})
    with ThreadPoolExecutor(1) as alertmanager:
        answer = alertmanager.submit(relay.post, "wecom", webhook(alert("Sent")))
        eventually(lambda: told(robots, "wecom"))
        # The robot has it, and nobody can write that down.
        filler = fill(disk, leave=0)
        (disk / "crumbs").write_bytes(b"")
        assert answer.result() in (200, 503)
    robots.break_(TOKENS["wecom"], None)
    assert relay.post("wecom", webhook(alert("Refused"))) == 503
    filler.unlink()
    eventually(lambda: relay.metric("paddle_relay_waiting") == 0)
    assert relay.post("wecom", webhook(alert("Sent"))) == 200
    assert relay.post("wecom", webhook(alert("Refused"))) == 200
    titles = [each["title"] for each in told(robots, "wecom")]
    assert [sum(name in title for title in titles) for name in ("Sent", "Refused")] == [1, 1]
    assert "Traceback" not in relay.log.read_text()
    assert "database or disk is full" in relay.log.read_text()


def test_a_directory_that_cannot_be_written_ends_the_start_with_one_line(
    make: Make, tmp_path: Path
) -> None:
    relay = make(data=str(tmp_path / "missing"))
    with pytest.raises(RuntimeError) as error:
        relay.start()
    lines = [line for line in str(error.value).splitlines() if "cannot start" in line]
    assert lines == [
        f"relay: cannot start: {tmp_path / 'missing'}: No such file or directory;"
        " it has to be writable"
    ]
