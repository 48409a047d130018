"""The processes of each part of an instance, so that it can be killed or frozen.

What is killed comes back as on other machines: the instance's first process starts servers and
nodes again, a kubelet its containers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from local.cluster import cgroups
from local.cluster.layout import NODES, Layout
from local.cluster.record import running

_PROGRAMS = {"apiserver": "kube-apiserver", "traefik": "traefik"}


def processes(layout: Layout, part: str, pods: Sequence[str] = ()) -> list[int]:
    """Of a server of the instance, of a node with all its pods, or of a program in pods (UIDs)."""
    if part in _PROGRAMS:
        return [pid for pid in _servers(layout) if _program(pid) == _PROGRAMS[part]]
    if part in NODES:
        return _node(layout, part)
    inside = [pid for pod in pods for pid in _in_cgroup(layout, f"pod{pod}")]
    return [pid for pid in inside if _program(pid) == part]


def send(pids: Sequence[int], number: signal.Signals) -> None:
    """A signal to all of them that still are there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def freeze(pids: Sequence[int], seconds: float) -> None:
    """Stop them, and let them go on afterwards, whatever happens here."""
    send(pids, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        send(pids, signal.SIGCONT)


def _node(layout: Layout, name: str) -> list[int]:
    """Its daemons and the shims of its containers share a mount namespace; pods are below them."""
    daemons = [pid for pid in _servers(layout) if name in command(pid)]
    spaces = {_mounts(pid) for pid in daemons} - {None}
    shared = [pid for pid in _all() if _mounts(pid) in spaces]
    return sorted({*shared, *_in_cgroup(layout, name)})


def _servers(layout: Layout) -> list[int]:
    """What the instance's first process has started. Raises LookupError when it is not up."""
    record = running(layout)
    if record is None:
        raise LookupError(f"{layout.name} is not up")
    children = Path(f"/proc/{record.pid}/task/{record.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def _in_cgroup(layout: Layout, name: str) -> Iterator[int]:
    top = cgroups.hierarchies()[0] / layout.cgroup
    for group in top.rglob(name):
        for file in group.rglob("cgroup.procs"):
            with contextlib.suppress(FileNotFoundError):
                yield from map(int, file.read_text().split())


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _mounts(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/mnt").readlink())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def _program(pid: int) -> str:
    return Path(command(pid).partition("\0")[0]).name


def command(pid: int) -> str:
    """Its command line, words apart by NUL; empty for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
