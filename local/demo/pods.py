"""A pod's first process as this machine sees it, and its end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_PATIENCE_SECONDS = 10


def first_process(pod: str) -> int:
    """The process number of what is number 1 in the server container of the pod with UID `pod`.

    Nothing inside a container can kill its first process, so the demo does it from outside.
    Raises LookupError when there is none.
    """
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (
                f"pod{pod}/" in (directory / "cgroup").read_text()
                and _number_inside(directory) == 1
                and (directory / "cmdline").read_bytes() != b"/pause\0"
            ):
                return int(directory.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    raise LookupError(f"no process of pod {pod} on this machine")


def kill(process: int) -> tuple[float, float]:
    """SIGKILL to a pod's first process, and with it to all others.

    Returns when it was sent and when the last of them was gone, by the monotonic clock: what came
    in between was still accepted. Raises TimeoutError after ten seconds.
    """
    begun = time.monotonic()
    os.kill(process, signal.SIGKILL)
    # The kernel ends the first process of a container after all others.
    while Path(f"/proc/{process}").exists():
        if time.monotonic() > begun + _PATIENCE_SECONDS:
            raise TimeoutError(f"process {process} is still there {_PATIENCE_SECONDS} s after kill")
        time.sleep(0.001)
    return begun, time.monotonic()


def _number_inside(directory: Path) -> int:
    """The process's number in the innermost of its process namespaces."""
    for line in (directory / "status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return 0
