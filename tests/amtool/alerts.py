"""A stack whose every receiver is on this machine, and alerts for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.config import StackConfig, parse
from tests.amtool.catcher import Catcher
from tests.unit.config.edits import edited

# Longer than any group waits, at a hundredth of its time.
A_WHILE = 1.5
ERRORS = {"alertname": "HighModelErrorRate", "severity": "critical"}
LATENCY = {"alertname": "HighModelLatency", "severity": "warning"}
SHARE = {"alertname": "TrafficShareOff", "severity": "warning"}
CHAT = "/robots/vision-chat"


def version(name: str, model: str = "ocr") -> dict[str, str]:
    return {"owner": "vision", "namespace": "models", "model": model, "version": name}


def stack(world: Catcher, **alerting: object) -> StackConfig:
    """Two teams; all that is not behind the relay is a webhook, too."""
    found: dict[str, Any] = {
        "mode": "embedded",
        "gateway": {"namespace": "traefik"},
        "images": {"relay": "relay:v1"},
        "receivers": {
            "dingtalk": {"vision-chat": {"token": "t", "secret": "s"}},
            "webhook": {
                "phone": {"url": f"{world.url}/phone", "token": "phone-token"},
                "platform-chat": {"url": f"{world.url}/platform-chat"},
            },
        },
        "teams": {
            "vision": {"chat": ["vision-chat"], "phone": ["phone"]},
            "platform": {"chat": ["platform-chat"]},
        },
        "defaultTeam": "platform",
    }
    return parse(edited({"alerting": found | alerting, "models/ocr/owner": "vision"}))


def in_order(labels: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(labels.items()))
