"""Says what a machine lacks for the embedded platform, before anything is started."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from local.cache import cache_directory
from local.cluster.cgroups import hierarchies
from local.cluster.layout import Layout
from local.cluster.record import running
from local.packages import missing_packages

_GIB = 1 << 30
GO_NEEDED = (1, 26)
MEMORY_NEEDED = 6 * _GIB
# Modules, build cache and tools take 12 GiB, images and the nodes' copies of them 8.
DISK_NEEDED = 20 * _GIB
CONTROLLERS_NEEDED = frozenset({"cpu", "cpuset", "memory", "pids"})

# Tried in throw-away namespaces: what works says more than what the kernel claims to have.
_TRIALS = {
    "namespaces": ["unshare", "--fork", "--pid", "--mount", "--net", "true"],
    "bridges and veth pairs": [
        *("unshare", "--net", "sh", "-c"),
        "ip link add trial0 type bridge && ip link add trial1 type veth peer name trial2",
    ],
    "overlay file system": [
        *("unshare", "--mount", "sh", "-c"),
        "mount -t tmpfs t /mnt && cd /mnt && mkdir lower upper work all"
        " && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work o all",
    ],
}
_FILTER_TRIAL = ["unshare", "--net", "iptables", "-t", "nat", "-L", "-n"]


class Verdict(Enum):
    OK = "ok"
    INSTALLABLE = "to install"
    MISSING = "missing"


@dataclass(frozen=True)
class Machine:
    """What `look` saw. Sizes in bytes; `trials`: what failed, with its message or an empty one."""

    system: str
    root: bool
    go: str | None
    memory: int
    disk_free: int
    controllers: frozenset[str]
    packages_missing: tuple[str, ...]
    has_apt: bool
    trials: Mapping[str, str | None]
    ports_taken: Mapping[str, int]


@dataclass(frozen=True)
class Finding:
    what: str
    verdict: Verdict
    remedy: str = ""


def look(layout: Layout) -> Machine:
    """The machine as it is; changes nothing."""
    trials = dict(_TRIALS)
    if shutil.which("iptables"):
        trials["packet filter (nat table)"] = _FILTER_TRIAL
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        root=os.geteuid() == 0,
        go=_go_version(),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        disk_free=min(_free(path) for path in (layout.state, cache_directory())),
        controllers=_controllers(),
        packages_missing=missing_packages(),
        has_apt=shutil.which("apt-get") is not None,
        trials={what: _failure(command) for what, command in trials.items()},
        ports_taken={} if running(layout) else _taken(layout.ports),
    )


def examine(machine: Machine) -> list[Finding]:
    """A verdict on everything the platform needs, worst remedies spelled out."""
    findings = [
        _finding(
            "Linux on x86-64",
            machine.system == "Linux x86_64",
            f"found {machine.system}: use such a machine, or a cluster with --kubeconfig",
        ),
        _finding("root", machine.root, "namespaces and mounts need it: run this with sudo"),
        _finding(
            "Go 1.26",
            machine.go is not None and _parsed(machine.go) >= GO_NEEDED,
            f"found {machine.go or 'none'}: the tools are built from source;"
            " install Go 1.26 or newer and put it on PATH",
        ),
        _finding(
            f"memory {MEMORY_NEEDED // _GIB} GiB",
            machine.memory >= MEMORY_NEEDED,
            f"found {machine.memory / _GIB:.1f} GiB: two nodes with models do not fit",
        ),
        _finding(
            f"free disk {DISK_NEEDED // _GIB} GiB",
            machine.disk_free >= DISK_NEEDED,
            f"found {machine.disk_free / _GIB:.1f} GiB: free some, or set PADDLE_CANARY_CACHE"
            " to a directory on a larger disk",
        ),
    ]
    lacking = sorted(CONTROLLERS_NEEDED - machine.controllers)
    findings.append(
        _finding(
            "cgroup controllers",
            not lacking,
            f"{', '.join(lacking)} not available below /sys/fs/cgroup: enable them at boot, or in"
            " the container that this runs in",
        )
    )
    findings += [
        _finding(what, failure is None, f"a trial said: {failure}")
        for what, failure in machine.trials.items()
    ]
    findings.append(_packages(machine))
    findings += [
        _finding(f"port {port} ({what})", False, "end what listens there, or use another --name")
        for what, port in machine.ports_taken.items()
    ]
    return findings


def report(findings: list[Finding]) -> str:
    """One line per finding, the remedy below those that are not ok."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.verdict.value:>10}  {finding.what}")
        if finding.remedy:
            lines.append(f"{'':>10}  {finding.remedy}")
    return "\n".join(lines)


def _finding(what: str, fine: bool, remedy: str) -> Finding:
    return Finding(what, Verdict.OK) if fine else Finding(what, Verdict.MISSING, remedy)


def _packages(machine: Machine) -> Finding:
    what = "Debian packages"
    if not machine.packages_missing:
        return Finding(what, Verdict.OK)
    names = " ".join(machine.packages_missing)
    if machine.has_apt:
        return Finding(what, Verdict.INSTALLABLE, f"`up` installs with apt-get: {names}")
    remedy = f"no apt-get here: install what these Debian packages hold: {names}"
    return Finding(what, Verdict.MISSING, remedy)


def _parsed(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _go_version() -> str | None:
    if not shutil.which("go"):
        return None
    done = subprocess.run(
        ["go", "env", "GOVERSION"], capture_output=True, text=True, check=False, cwd="/"
    )
    return done.stdout.strip().removeprefix("go") or None


def _free(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def _controllers() -> frozenset[str]:
    try:
        trees = hierarchies()
    except OSError:
        return frozenset()
    listed = trees[0] / "cgroup.controllers" if trees else None
    if listed and listed.exists():
        return frozenset(listed.read_text().split())
    return frozenset(name for tree in trees for name in tree.name.split(","))


def _failure(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as problem:
        return f"{problem.filename} is not installed"
    return None if done.returncode == 0 else done.stderr.strip()


def _taken(ports: Mapping[str, int]) -> dict[str, int]:
    taken = {}
    for what, port in ports.items():
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                taken[what] = port
    return taken
