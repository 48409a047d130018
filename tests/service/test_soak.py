"""Good, malformed, huge, cut off and slow requests at a time, while workers are killed."""

from __future__ import annotations

import subprocess
import sys

from local.python_env import ROOT


def test_nothing_is_wrong_lost_or_leaked() -> None:
    soak = [sys.executable, "-m", "bench.soak", "--requests", "1500", "--kill-every", "2"]
    done = subprocess.run(soak, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing that must not happen" in done.stdout
    assert "workers killed: 0" not in done.stdout
