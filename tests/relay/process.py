"""The real relay, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import yaml

from local.ports import free_port

ROOT = Path(__file__).resolve().parents[2]

BEARER = "a-bearer-token-of-alertmanager"


def eventually(true: Callable[[], Any], timeout_s: float = 30.0) -> None:
    """Waits until it is true."""
    end = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("this has not come true")
        time.sleep(0.02)


class RelayProcess:
    """`python -m monitoring.relay` with a queue in a directory; ends with the `with` block.

    Args:
        directory: gets the configuration, secrets and log.
        robots: as in relay.yaml; the files of secrets are written by `secret`.
        speed: of its clock.
        config: more of relay.yaml.
    """

    def __init__(
        self, directory: Path, robots: dict[str, Any], speed: float = 1.0, **config: object
    ) -> None:
        self.directory = directory
        self._speed = speed
        self.port = free_port()
        (directory / "data").mkdir(exist_ok=True)
        self.secret("bearer", BEARER)
        document = {
            "port": self.port,
            "data": str(directory / "data"),
            "bearerTokenFile": str(directory / "bearer"),
            "robots": robots,
        } | config
        self.config = directory / "relay.yaml"
        self.config.write_text(yaml.safe_dump(document))
        self.log = directory / "relay.log"
        self.process: subprocess.Popen[bytes] | None = None

    def secret(self, name: str, value: str) -> str:
        """Writes a secret as Kubernetes does, all at once; gives the path of its file."""
        file = self.directory / name
        draft = file.with_suffix(".new")
        draft.write_text(value)
        draft.rename(file)
        return str(file)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Returns when it takes webhooks.

        Raises:
            RuntimeError: it has ended instead.
        """
        # A proxy in the environment must not see a token.
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
        command = [sys.executable, "-m", "tests.relay.fast", str(self._speed)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--config", self.config],
                cwd=ROOT,
                stderr=log,
                env=os.environ | proxies,
                start_new_session=True,
            )
        eventually(lambda: not self.running or self.get("/health/ready")[0] == 200)
        if not self.running:
            raise RuntimeError(self.log.read_text())

    def front(self) -> int:
        """The process id of the one that serves; the other looks after it."""
        assert self.process
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return int(children[0]) if children else 0

    def kill(self) -> None:
        """SIGKILL to all of its processes at the same moment."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """The exit code after SIGTERM."""
        assert self.process
        self.process.terminate()
        return self.process.wait(30)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.end()

    def post(self, robot: str, notification: object, bearer: str | None = BEARER) -> int:
        """The status of a webhook."""
        body = (
            notification if isinstance(notification, bytes) else json.dumps(notification).encode()
        )
        headers = {"Content-Type": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        return self._ask("POST", f"/robots/{robot}", body, headers)[0]

    def notify(self, robot: str, notification: object, bearer: str = BEARER) -> int:
        """The status of a webhook that is repeated while it is 503, as Alertmanager does it."""
        status = 503
        end = time.monotonic() + 60
        while status == 503 and time.monotonic() < end:
            status = self.post(robot, notification, bearer)
            if status == 503:
                time.sleep(0.1)
        return status

    def get(self, path: str) -> tuple[int | None, str]:
        try:
            return self._ask("GET", path, None, {})
        except OSError:
            return None, ""

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(
                f'{key}="{wanted}"' in series for key, wanted in labels.items()
            ):
                total += float(value)
        return total

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()
