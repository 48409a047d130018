"""The serving container without its container: for tests and benches that need the real thing."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.server import Server


@dataclass(frozen=True)
class Answer:
    """Status, headers and JSON of one answer."""

    status: int
    headers: dict[str, str]
    json: Any

    @property
    def lines(self) -> list[str]:
        return [line["text"] for line in self.json["lines"]]


class Service(Server):
    """`python -m service`, with the model in a directory.

    Args:
        python: of an environment with the packages of the container.
        env: more settings.
    """

    def __init__(self, python: Path, models: Path, version: str, **env: str) -> None:
        names = {"MODEL_NAME": "ocr", "MODEL_VERSION": version, "MODEL_DIR": str(models)}
        super().__init__((python, "-m", "service"), **(names | env))

    def connect(self) -> Client:
        return Client(self.port)

    def infer(self, image: bytes) -> Answer:
        return self.connect().infer(image)

    def front(self) -> int:
        """Process id of the front."""
        (front,) = _children(self.process.pid)
        return front

    def workers(self) -> set[int]:
        """Process ids of the workers, also of those that still load their model."""
        return {pid for pid in _children(self.front()) if _is_worker(pid)}


class Client:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()

    def infer(self, image: bytes) -> Answer:
        self._connection.request("POST", "/infer", image, {"Content-Type": "image/png"})
        answer = self._connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), json.loads(answer.read()))


def _is_worker(pid: int) -> bool:
    """Whether it was spawned for work; another child looks after leaked resources."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def maps_paddle(pid: int) -> bool:
    """Whether the process has loaded paddle."""
    try:
        return "libpaddle" in Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def runs(pid: int) -> bool:
    """Whether the process is there and not just waiting to be reaped."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found
