"""Where everything that can be built again is kept, outside any checkout."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Of each kind: what another checkout or branch uses is still there when one comes back to it.
_KEPT = 3
_NAME = re.compile(r"(?P<kind>.+)-[0-9a-f]{12,16}")


def cache_directory() -> Path:
    """`$PADDLE_CANARY_CACHE`, else `paddle-canary` in the user's cache directory."""
    chosen = os.environ.get("PADDLE_CANARY_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "paddle-canary"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` (made if missing); the kernel frees it if we are killed."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Who held it before us may have deleted the file: then it locks nobody else out.
            if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return


def used(entry: Path) -> None:
    """Note that an entry, named `<kind>-<hash>`, is in use; of its kind the last three stay."""
    os.utime(entry)
    same = [each for each in entry.parent.iterdir() if _kind(each) == _kind(entry)]
    for old in sorted(same, key=lambda each: -each.stat().st_mtime)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _kind(entry: Path) -> str | None:
    found = _NAME.fullmatch(entry.name)
    return found["kind"] if found and entry.is_dir() else None
