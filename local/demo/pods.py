"""A pod's first process as this machine sees it."""

from __future__ import annotations

from pathlib import Path


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


def _number_inside(directory: Path) -> int:
    """The process's number in the innermost of its process namespaces."""
    for line in (directory / "status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return 0
