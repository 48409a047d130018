"""The Debian packages that the platform uses, known by the files that it needs from each."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

NEEDED = {
    "buildah": "buildah",
    "containerd": "containerd",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "debootstrap": "debootstrap",
    "fonts-arphic-gbsn00lp": "/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "fonts-wqy-microhei": "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "gcc": "gcc",
    "iproute2": "ip",
    "iptables": "iptables",
    "libc6-dev": "/usr/include/stdio.h",
    "runc": "runc",
    "util-linux": "unshare",
}


FONTS = tuple(name for name in NEEDED if name.startswith("fonts-"))
"""What drawing a page takes."""


def missing_packages(names: Iterable[str] = NEEDED) -> tuple[str, ...]:
    """Those whose command or file is not there, whoever installed the others."""
    return tuple(name for name in names if not _there(NEEDED[name]))


def install(names: tuple[str, ...], log: Callable[[str], None]) -> None:
    """Install with apt-get. Raises `subprocess.CalledProcessError`; apt's words go to stderr."""
    command = ["apt-get", "install", "--yes", "--no-install-recommends", "-qq", *names]
    log(f"packages: {' '.join(command)}")
    if _run(command):
        # The lists of a fresh machine are empty, of an old one stale.
        log("packages: apt-get update, then once more")
        _run(["apt-get", "update", "-qq"])
        if status := _run(command):
            raise subprocess.CalledProcessError(status, command)


def _run(command: list[str]) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=environment, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ).returncode


def _there(needed: str) -> bool:
    return Path(needed).exists() if needed.startswith("/") else shutil.which(needed) is not None
