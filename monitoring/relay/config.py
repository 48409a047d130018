"""The relay's file, `relay.yaml`, as types. `read_config` reads and checks it.

    port: 9095
    data: /var/lib/relay
    language: zh
    timeZone: Asia/Shanghai
    bearerTokenFile: /etc/relay/secrets/bearer
    repeatInterval: 4h
    links:
      alertmanager: https://alertmanager.example.com
      dashboards: https://grafana.example.com
      runbooks: https://wiki.example.com/runbooks
    robots:
      oncall:
        type: dingtalk
        tokenFile: /etc/relay/secrets/oncall-token
        secretFile: /etc/relay/secrets/oncall-secret
        mentions:
          oncall: ["13800000000"]
          team-ocr: [zhangsan]

Only `bearerTokenFile` and `robots` are required. Secrets are never in this file, only where they
are: the files are read anew each time that they are needed, so they may change at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Language = Literal["en", "zh"]
RobotType = Literal["dingtalk", "wecom", "feishu"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
ROBOT_TYPES: tuple[RobotType, ...] = get_args(RobotType)

ON_CALL = "oncall"
"""Key of `mentions` whose people hear of every critical alert, whoever owns it."""


@dataclass(frozen=True)
class Links:
    """Pages that a message may link to (`links`); None: no such link.

    A URL in an alert's annotations becomes a link only with scheme, host and port of one of these.

    Attributes:
        alertmanager: base of Alertmanager's own page, for links to silences.
        dashboards: base of Grafana, for the annotation `dashboard_url`.
        runbooks: base of the runbooks, for the annotation `runbook_url`.
    """

    alertmanager: str | None = None
    dashboards: str | None = None
    runbooks: str | None = None


@dataclass(frozen=True)
class RobotConfig:
    """One robot of one group (`robots.<name>`); Alertmanager posts to `/robots/<name>`.

    Attributes:
        type: whose robot it is.
        url: scheme, host and port that is called, nothing else ever (default: the vendor's own).
            For Lark, Feishu outside China: `https://open.larksuite.com`.
        token_file: file with the last part of the robot's webhook address: `access_token` of
            DingTalk, `key` of WeCom, what follows `/hook/` at Feishu.
        secret_file: file with the key of the signature, where the robot demands one; None for
            WeCom, which has none.
        mentions: value of an alert's label `owner`, or `oncall`, to the people that a critical
            alert calls: mobile numbers or user ids (DingTalk), user ids (WeCom), open ids (Feishu).
    """

    name: str
    type: RobotType
    url: str
    token_file: Path
    secret_file: Path | None
    mentions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Config:
    """All of `relay.yaml`.

    Attributes:
        port: TCP port for webhooks, health and metrics (9095).
        data: directory of the queue; survives the container (/var/lib/relay).
        language: of the messages (en).
        time_zone: of the times in messages, an IANA name (UTC).
        bearer_token_file: file with the token that Alertmanager sends as
            `Authorization: Bearer …`; without it anybody in the cluster could raise alarms.
        repeat_s: seconds; `repeat_interval` of Alertmanager's routes, the shortest that leads here
            (4h). The same notification within that time is a retry or comes from the other
            Alertmanager of a pair, and is told once; after it, it is a reminder, and is told again.
        robots: by name.
    """

    port: int
    data: Path
    language: Language
    time_zone: ZoneInfo
    bearer_token_file: Path
    repeat_s: float
    links: Links
    robots: Mapping[str, RobotConfig]
