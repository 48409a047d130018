"""Values that several tests need."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitoring.relay.config import Config, Language, Links, RobotConfig, RobotType
from monitoring.relay.merge import Entry
from monitoring.relay.robots import KINDS
from monitoring.relay.webhook import Notification, parse
from tests.relay.alerts import BEGUN, webhook

NOW = BEGUN.timestamp() + 60

LINKS = Links(
    "https://alertmanager.example.com",
    "https://grafana.example.com",
    "https://wiki.example.com/runbooks",
)


def robot(type_: RobotType = "dingtalk", **mentions: list[str]) -> RobotConfig:
    people = {owner: tuple(called) for owner, called in mentions.items()}
    secret = Path("/secret") if KINDS[type_].signs else None
    return RobotConfig("oncall", type_, KINDS[type_].url, Path("/token"), secret, people)


def config(language: Language = "en", links: Links = LINKS) -> Config:
    return Config(
        port=9095,
        data=Path("/data"),
        language=language,
        time_zone=ZoneInfo("Asia/Shanghai"),
        bearer_token_file=Path("/bearer"),
        repeat_s=4 * 3600.0,
        links=links,
        robots={"oncall": robot()},
    )


def notification(*alerts: dict[str, Any], **more: Any) -> Notification:  # noqa: ANN401
    return parse(json.dumps(webhook(*alerts, **more)))


def entries(notifications: Iterable[Notification], received: float = NOW) -> list[Entry]:
    return [Entry(number, each, received, received) for number, each in enumerate(notifications, 1)]
