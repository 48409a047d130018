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

# For the fixture `robots`: a minute passes in a second, an hour in six.
MINUTES = pytest.mark.parametrize("robots", [60.0], indirect=True, ids=["minutes"])
HOURS = pytest.mark.parametrize("robots", [600.0], indirect=True, ids=["hours"])

Make = Callable[..., RelayProcess]


@pytest.fixture
def robots(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RobotServer]:
    """All three vendors on a free port, in the world's time or as fast as the test asks."""
    directory = tmp_path / "robots"
    directory.mkdir()
    known = [
        DingTalk(TOKENS["dingtalk"], SECRETS["dingtalk"]),
        WeCom(TOKENS["wecom"]),
        Feishu(TOKENS["feishu"], SECRETS["feishu"]),
    ]
    server = RobotServer(("127.0.0.1", 0), directory, known, getattr(request, "param", 1.0))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make(tmp_path: Path, robots: RobotServer) -> Iterator[Make]:
    """Makes a relay for the robots, named after their vendors, in the robots' time; not started."""
    made: list[RelayProcess] = []

    def new(**config: object) -> RelayProcess:
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
        relay = RelayProcess(tmp_path, described, robots.speed, **config)
        made.append(relay)
        return relay

    yield new
    for relay in made:
        if relay.running:
            relay.kill()


@pytest.fixture
def relay(make: Make) -> RelayProcess:
    """A relay that runs."""
    running = make()
    running.start()
    return running


def told(robots: RobotServer, vendor: str) -> list[dict[str, Any]]:
    """What a vendor's robot has accepted."""
    return [each for each in robots.kept("accepted") if each["vendor"] == vendor]
