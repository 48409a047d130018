"""A robot of each vendor, and a relay that knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.robots.server import RobotServer
from local.robots.vendors import DingTalk, Feishu, WeCom
from tests.relay.process import RelayProcess

# What must never be seen in a log.
TOKENS = {"dingtalk": "token-of-dingtalk", "wecom": "key-of-wecom", "feishu": "token-of-feishu"}
SECRETS = {"dingtalk": "SECdingtalk", "feishu": "secret-of-feishu"}

# How much faster the time of relay and robots goes where a test asks for it.
FAST = 60.0

Make = Callable[..., RelayProcess]


@pytest.fixture
def robots(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RobotServer]:
    """All three vendors on a free port; with the mark `fast` their time goes fast."""
    directory = tmp_path / "robots"
    directory.mkdir()
    known = [
        DingTalk(TOKENS["dingtalk"], SECRETS["dingtalk"]),
        WeCom(TOKENS["wecom"]),
        Feishu(TOKENS["feishu"], SECRETS["feishu"]),
    ]
    speed = getattr(request, "param", 1.0)
    server = RobotServer(("127.0.0.1", 0), directory, known, speed)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make(tmp_path: Path, robots: RobotServer) -> Iterator[Make]:
    """Makes a relay for the robots, named after their vendors; not started yet."""
    made: list[RelayProcess] = []

    def new(speed: float = 1.0, data: Path | None = None, **config: object) -> RelayProcess:
        described: dict[str, Any] = {}
        for vendor, token in TOKENS.items():
            (tmp_path / f"{vendor}-token").write_text(token)
            described[vendor] = {
                "type": vendor,
                "url": robots.url,
                "tokenFile": str(tmp_path / f"{vendor}-token"),
                "mentions": {"oncall": ["13800000000" if vendor == "dingtalk" else "zhangsan"]},
            }
        for vendor, secret in SECRETS.items():
            (tmp_path / f"{vendor}-secret").write_text(secret)
            described[vendor]["secretFile"] = str(tmp_path / f"{vendor}-secret")
        if data:
            config["data"] = str(data)
        relay = RelayProcess(tmp_path, described, speed, **config)
        made.append(relay)
        return relay

    yield new
    for relay in made:
        if hasattr(relay, "process") and relay.process.poll() is None:
            relay.kill()
