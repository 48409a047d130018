"""How much memory a command and all that it starts take together at the most."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_EVERY_SECONDS = 0.1
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Took:
    """What a finished command printed, took (seconds) and held (bytes, resident, at its peak)."""

    status: int
    text: str
    seconds: float
    peak: int


def watched(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Took:
    """Run a command to its end in a session of its own, by which its processes are known.

    What processes share counts for each of them.
    """
    started = monotonic()
    with subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        seen, over = [0], threading.Event()

        def look() -> None:
            while not over.wait(_EVERY_SECONDS):
                seen.append(_resident(process.pid))

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        text, _ = process.communicate()
        seconds = monotonic() - started
        over.set()
        watcher.join()
    return Took(process.returncode, text, seconds, max(seen))


def _resident(session: int) -> int:
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        # A process that is gone meanwhile holds nothing.
        with suppress(OSError):
            if os.getsid(int(entry.name)) == session:
                total += int((entry / "statm").read_text().split()[1]) * _PAGE
    return total
