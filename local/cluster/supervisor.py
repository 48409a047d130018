"""Keeps a list of processes running; as the first process of its PID namespace it also reaps."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_RESTART_SECONDS = 1.0
_TICK_SECONDS = 0.1


@dataclass(frozen=True)
class Process:
    """One long-lived process. `sockets`: inherited listening sockets, by file descriptor."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: tuple[int, ...] = ()


def python_module(module: str, *arguments: str, sockets: Sequence[int] = ()) -> Process:
    """A module of this checkout as a process, named as the module is."""
    environment = {"PYTHONPATH": os.environ["PYTHONPATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", module, *arguments]
    return Process(module.rpartition(".")[2], command, environment, tuple(sockets))


def supervise(processes: Sequence[Process], logs: Path) -> None:
    """Start all, start again whatever ends, for ever."""
    due = {process.name: 0.0 for process in processes}
    by_name = {process.name: process for process in processes}
    running: dict[int, str] = {}
    while True:
        now = time.monotonic()
        for name in [name for name, at in due.items() if at <= now]:
            del due[name]
            running[_start(by_name[name], logs)] = name
        for pid in _reap():
            ended = running.pop(pid, None)
            if ended:
                print(f"{ended} ended; it is started again", flush=True)
                due[ended] = now + _RESTART_SECONDS
        time.sleep(_TICK_SECONDS)


def _start(process: Process, logs: Path) -> int:
    with (logs / f"{process.name}.log").open("ab") as log:
        child = subprocess.Popen(
            process.command,
            env=dict(process.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=process.sockets,
            start_new_session=True,
        )
    # Reaped below by number, together with orphans; Popen must not wait for it a second time.
    child.returncode = 0
    return child.pid


def _reap() -> list[int]:
    ended: list[int] = []
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append(pid)
