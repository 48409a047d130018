"""The instance's control groups: made before the kubelets start, removed at the end."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from local.cluster.layout import NODES, Layout

_ROOT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """The one tree of cgroup v2, or every v1 tree that is mounted."""
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    return sorted(path for path in _ROOT.iterdir() if (path / "cgroup.procs").exists())


def make(layout: Layout) -> None:
    for root in hierarchies():
        for node in NODES:
            _make_below(root, f"{layout.cgroup}/{node}")


def remove(layout: Layout, patience: float = 10.0) -> None:
    """Remove all groups of the instance, whose processes must have ended."""
    deadline = time.monotonic() + patience
    for root in hierarchies():
        top = root / layout.cgroup
        for directory, _, _ in os.walk(top, topdown=False):
            _remove_one(Path(directory), deadline)


def _make_below(root: Path, path: str) -> None:
    current = root
    for part in path.split("/"):
        _pass_controllers_down(current)
        current = current / part
        current.mkdir(exist_ok=True)
        _inherit_cpus(current)
    _pass_controllers_down(current)


def _pass_controllers_down(directory: Path) -> None:
    """cgroup v2: a group's children have only the controllers that it passes on."""
    available = directory / "cgroup.controllers"
    for name in available.read_text().split() if available.exists() else []:
        # Those that v1 trees hold, or that the group may not pass on, stay off.
        with suppress(OSError):
            (directory / "cgroup.subtree_control").write_text(f"+{name}")


def _inherit_cpus(directory: Path) -> None:
    """cgroup v1: a new cpuset is empty and takes no process until it has cpus and memory."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        own = directory / name
        above = directory.parent / name
        if own.exists() and above.exists() and not own.read_text().strip():
            own.write_text(above.read_text())


def _remove_one(directory: Path, deadline: float) -> None:
    while True:
        try:
            directory.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            # A group stays busy for moments after its last process.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
