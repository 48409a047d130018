"""What a shell starts in the background can be interrupted again, for Pulumi's sake."""

from __future__ import annotations

import signal
import subprocess
import sys

from local.python_env import ROOT

_SAYS = "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"
_STARTS = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SAYS!r}])"


def _ignored_by_a_child(before: str) -> str:
    """Whether a child of a process that ignores SIGINT does so too."""
    return subprocess.run(
        [sys.executable, "-c", before + _STARTS],
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_children_of_a_background_process_hear_interrupts_again() -> None:
    assert _ignored_by_a_child("") == "True"
    assert _ignored_by_a_child("from local import interrupts; interrupts.deliver();") == "False"
