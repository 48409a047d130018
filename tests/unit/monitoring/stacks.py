"""Stacks with monitoring, as the tests of collection need them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from infra.config import StackConfig, parse
from tests.unit.config.edits import edited

ALERTING: dict[str, Any] = {
    "mode": "embedded",
    "gateway": {"namespace": "traefik"},
    "images": {"relay": "registry.example.com/relay:v1"},
    "receivers": {
        "dingtalk": {"vision-chat": {"token": "hush-token", "secret": "hush-key"}},
        "email": {"platform-mail": {"to": ["oncall@example.com"]}},
        "webhook": {"phone": {"url": "https://phone.example.com/hush-call"}},
    },
    "smtp": {
        "server": "smtp.example.com:587",
        "sender": "alerts@example.com",
        "username": "alerts",
        "password": "hush-smtp",
    },
    "teams": {"vision": {"chat": ["vision-chat", "platform-mail"], "phone": ["phone"]}},
    "defaultTeam": "vision",
}
OPERATOR = {
    "alerting/mode": "operator",
    "alerting/operator": {"namespace": "monitoring", "labels": {"release": "kube-prometheus"}},
}
SECRETS = ("hush-token", "hush-key", "hush-call", "hush-smtp", "hush-store")


def values(edits: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Values of a right stack with monitoring; paths such as `alerting/pool` are replaced."""
    return edited({"alerting": copy.deepcopy(ALERTING), **(edits or {})})


def stack(edits: Mapping[str, object] | None = None) -> StackConfig:
    """Such a stack, read."""
    return parse(values(edits))
