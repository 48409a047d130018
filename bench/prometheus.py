"""A real Prometheus on a directory of blocks, for benches: started, asked, stopped."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from local.ports import free_port
from local.toolchain import ensure

_START_SECONDS = 120
_QUERY_SECONDS = 600


@cache
def programs() -> Path:
    """Directory of prometheus and promtool; builds them if they are not there."""
    return ensure(["prometheus"], print)["prometheus"]


class Prometheus:
    """Asks one server; `url` without a slash at its end."""

    def __init__(self, url: str) -> None:
        self.url = url

    def instant(self, query: str, at: float | None = None) -> list[dict[str, Any]]:
        """The samples of an instant query, now or at a Unix time."""
        moment = {} if at is None else {"time": str(at)}
        found: list[dict[str, Any]] = self._get("query", {"query": query, **moment})["result"]
        return found

    def over(self, query: str, start: int, end: int, step: int) -> list[dict[str, Any]]:
        """The series of a range query, Unix times and step in seconds; at most 11,000 steps."""
        times = {"start": str(start), "end": str(end), "step": str(step)}
        found: list[dict[str, Any]] = self._get("query_range", {"query": query, **times})["result"]
        return found

    def metrics(self) -> str:
        """The server's own metrics."""
        with urlopen(f"{self.url}/metrics", timeout=30) as answer:  # noqa: S310 - this machine
            text: str = answer.read().decode()
        return text

    def _get(self, path: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        # By POST: a query may be longer than an address may be.
        data = urlencode({**arguments, "timeout": f"{_QUERY_SECONDS}s"}).encode()
        address = f"{self.url}/api/v1/{path}"
        with urlopen(address, data, timeout=_QUERY_SECONDS) as answer:  # noqa: S310 - this machine
            found: dict[str, Any] = json.loads(answer.read())["data"]
        return found


@contextmanager
def running(directory: Path, config: str, options: Sequence[str] = ()) -> Iterator[Prometheus]:
    """A server whose data are `directory/data`, until the block ends.

    Args:
        config: its configuration, YAML.
        options: more command line options.

    Raises:
        RuntimeError: it did not start; the message carries the end of its log.
    """
    (directory / "prometheus.yml").write_text(config)
    log = directory / "prometheus.log"
    port = free_port()
    command: list[str | Path] = [
        programs() / "prometheus",
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--query.timeout={_QUERY_SECONDS}s",
        *options,
    ]
    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            server = Prometheus(f"http://127.0.0.1:{port}")
            _wait(server, process, log)
            yield server
        finally:
            process.terminate()
            process.wait()


def _wait(server: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{server.url}/-/ready", timeout=5):  # noqa: S310 - this machine
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"Prometheus did not start:\n{log.read_text()[-2000:]}")


def promtool(*arguments: str | Path) -> None:
    """Run promtool; RuntimeError with what it said if it fails."""
    done = subprocess.run(
        [programs() / "promtool", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"promtool {arguments[0]} {arguments[1]}: {done.stderr[-2000:]}")
