"""Jobs for `tests.service.answer`, and what came of them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

from local.python_env import ROOT


class Paddle:
    """A process of an interpreter that has paddle, for many jobs; ends with its `with` block."""

    def __init__(self, python: Path) -> None:
        self._errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, "-m", "tests.service.answer"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._errors.close()

    def run(self, *jobs: dict[str, Any]) -> list[dict[str, Any]]:
        """What each job gave."""
        return [self._run(job) for job in jobs]

    def _run(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(job, default=str), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            status = self._process.wait()
            raise AssertionError(f"the process ended with {status}: {self._errors.read()[-3000:]}")
        found: dict[str, Any] = json.loads(line)
        return found
