"""What is measured, as processes of their own that end with their `with` block."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.load.report import Report, parse
from local.python_env import ROOT

# The first start on a busy machine reads 600 MB of libraries, then warms up all shapes.
_START_S = 180.0
_END_S = 30.0


class BenchError(Exception):
    """Something that is measured does not run."""


class Server:
    """A server on a free port of this machine.

    Args:
        command: with `{port}` where the port belongs.
        ready: path that answers with status 200 when the server is warm.
    """

    def __init__(
        self, command: Sequence[str | Path], ready: str = "/health/ready", **env: str
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._ready = ready
        # Not a pipe: nobody reads while it is measured, and a full pipe would stop the server.
        self._log = tempfile.TemporaryFile(mode="w+", prefix="bench-server-")  # noqa: SIM115
        self._process = subprocess.Popen(
            [str(part).replace("{port}", str(self._port)) for part in command],
            cwd=ROOT,
            env={**os.environ, "PORT": str(self._port), **env},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, and we end it
        )

    def __enter__(self) -> Self:
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)
        self._log.close()

    def alive(self) -> bool:
        return self._process.poll() is None

    def _wait(self) -> None:
        end = time.monotonic() + _START_S
        while not self._is_ready():
            if not self.alive() or time.monotonic() > end:
                self._log.seek(0)
                raise BenchError(f"a server does not start: {self._log.read()[-2000:]}")
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("GET", self._ready)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


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

    def passes(self, processes: int, count: int) -> list[list[float]]:
        """Seconds that each page took each process when that many read all pages side by side."""
        chosen = self._processes[:processes]
        for process in chosen:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(f"{count}\n")
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
