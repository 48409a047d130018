"""Jobs for `tests.service.answer`, and what came of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]


def run(python: Path, *jobs: dict[str, Any], **env: str) -> list[dict[str, Any]]:
    """What each job gave, in one process of that interpreter."""
    done = subprocess.run(
        [python, "-m", "tests.service.answer"],
        input="\n".join(json.dumps(job, default=str) for job in jobs),
        cwd=_ROOT,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the process ended with {done.returncode}: {done.stderr[-3000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]
