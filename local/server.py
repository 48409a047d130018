"""A server as a process of its own, for tests and benches that need the real thing."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from local.ports import free_port
from local.python_env import ROOT

# Who starts a server may be killed; it ends with the thread that started it.
_WITH_US = ("setpriv", "--pdeathsig", "TERM")

# Seconds. The first start on a busy machine reads 600 MB of libraries, then warms up all shapes.
_START_S = 180.0
_END_S = 60.0


class ServerError(Exception):
    """A server does not start; the message has its last words."""


class Server:
    """A server on a free port of this machine: starts at once, ends with its `with` block.

    Args:
        command: with `{port}` where the port belongs; it is in the environment as PORT too.
        ready: path that answers with status 200 when the server is warm.
        env: all of its environment but PATH and HOME, so that no setting comes from outside.
    """

    def __init__(
        self, command: Sequence[str | Path], ready: str = "/health/ready", **env: str
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready = ready
        # Not a pipe: nobody reads meanwhile, and a full pipe would stop the server.
        self._log = tempfile.TemporaryFile(mode="w+", prefix="server-")  # noqa: SIM115
        outside = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [*_WITH_US, *(str(part).replace("{port}", str(self.port)) for part in command)],
            cwd=ROOT,
            env={**outside, "PORT": str(self.port), **env},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, and we end it
        )

    def __enter__(self) -> Self:
        """Waits until it is ready.

        Raises:
            ServerError: it has ended, or is not ready in time.
        """
        try:
            self.wait_for(self._ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._log.close()

    def wait_for(self, path: str, status: int = 200) -> None:
        """Waits until a GET is answered with a status.

        Raises:
            ServerError: the server has ended, or this takes too long.
        """
        end = time.monotonic() + _START_S
        while self.status(path) != status:
            if not self.alive():
                raise ServerError(f"the server has ended: {self.log()[-2000:]}")
            if time.monotonic() > end:
                raise ServerError(f"{path} is not {status} after {_START_S:g} s: {self.log()}")
            time.sleep(0.05)

    def alive(self) -> bool:
        return self.process.poll() is None

    def log(self) -> str:
        """What it has printed."""
        self._log.seek(0)
        return self._log.read()

    def status(self, path: str) -> int | None:
        """Status of a GET; None while nobody answers."""
        try:
            return self._get(path)[0]
        except (OSError, http.client.HTTPException):
            return None

    def text(self, path: str) -> str:
        """What a GET gives."""
        return self._get(path)[1]

    def _get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
