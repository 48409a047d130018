"""Which process is the first one of an instance, told apart from a later one with its number."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from local.cluster.layout import Layout


@dataclass(frozen=True)
class Record:
    """Process id as the machine sees it, and its start in clock ticks since boot."""

    pid: int
    started: int

    def alive(self) -> bool:
        return start_time(self.pid) == self.started

    def kill(self, patience: float = 30.0) -> None:
        """End the first process; the kernel ends all others of the instance before it is gone.

        Raises TimeoutError after `patience` seconds (a process stuck in the kernel).
        """
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + patience
        while self.alive():
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} is still there {patience:.0f} s after kill")
            time.sleep(0.05)


def start_time(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat; None for a process that is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name, in parentheses, may hold blanks.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def write_record(layout: Layout, record: Record) -> None:
    scratch = layout.run / ".instance.json"
    scratch.write_text(json.dumps(asdict(record)))
    scratch.rename(_path(layout))


def running(layout: Layout) -> Record | None:
    """The record of the instance if its first process lives."""
    try:
        record = Record(**json.loads(_path(layout).read_text()))
    except FileNotFoundError:
        return None
    return record if record.alive() else None


def _path(layout: Layout) -> Path:
    return layout.run / "instance.json"
