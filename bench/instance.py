"""The embedded platform that a bench measures on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from local.cluster.layout import Layout
from local.python_env import ROOT

_OURS = "bench"


@contextmanager
def up_meanwhile(name: str | None = None) -> Iterator[Layout]:
    """The instance of that name, which is up, or one of our own, up meanwhile.

    Raises `subprocess.CalledProcessError` when ours cannot be started or ended.
    """
    if name is not None:
        yield Layout(name)
        return
    local = [sys.executable, "-m", "local"]
    try:
        subprocess.run([*local, "up", "--name", _OURS], cwd=ROOT, stdout=sys.stderr, check=True)
        yield Layout(_OURS)
    finally:
        subprocess.run([*local, "down", "--name", _OURS], cwd=ROOT, check=True)
