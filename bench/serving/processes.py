"""What is measured, as processes of their own that end with their `with` block."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.load.report import Report, parse
from local.python_env import ROOT
from local.server import Server

_END_S = 30.0


class BenchError(Exception):
    """Something that is measured does not run."""


class Raw:
    """Processes that call the handler in a loop, and rest in between (see `bench.raw`)."""

    def __init__(self, python: Path, models: Path, pages: Path, count: int) -> None:
        self._processes = [
            subprocess.Popen(
                [python, "-m", "bench.raw", models, pages],
                cwd=ROOT,
                # As the service's workers have it: one thread each.
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
            for _ in range(count)
        ]

    def __enter__(self) -> Self:
        try:
            for process in self._processes:
                _line(process)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            _end(process)

    def passes(self, processes: int, count: int, rest_s: float = 0.0) -> list[list[float]]:
        """Seconds that each page took each process when that many read all pages side by side.

        Args:
            count: passes through all pages.
            rest_s: seconds that a process does nothing before each page.
        """
        chosen = self._processes[:processes]
        for process in chosen:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(f"{count} {rest_s}\n")
            process.stdin.flush()
        return [json.loads(_line(process)) for process in chosen]


@dataclass(frozen=True)
class Loader:
    """Sends pages with `bench.load`, whose process is not this one.

    Attributes:
        pages: folder of bench.pages.
        options: more options, such as what is right.
    """

    pages: Path
    options: Sequence[str | Path] = ()

    def closed(self, server: Server, clients: int, requests: int) -> Report:
        return self._load(server, {"--clients": clients, "--requests": requests})

    def open(self, server: Server, rate: float, seconds: float) -> Report:
        return self._load(server, {"--rate": rate, "--seconds": seconds})

    def _load(self, server: Server, numbers: Mapping[str, float]) -> Report:
        command = (sys.executable, "-m", "bench.load", server.url, "--json", "--pages", self.pages)
        plan: list[str | Path] = [
            text for name, number in numbers.items() for text in (name, str(number))
        ]
        done = subprocess.run(
            [*command, *plan, *self.options], cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        if done.returncode not in (0, 1):  # 1: there were wrong answers, and the report counts them
            raise BenchError(f"bench.load ended with {done.returncode}")
        return parse(done.stdout.decode())


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101
    line = process.stdout.readline()
    if not line:
        raise BenchError(f"bench.raw ended with {process.wait()}")
    return line


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
