"""Stacks whose alerts are routed: the example, one with everything, and small ones."""

from __future__ import annotations

from pathlib import Path

from infra.config import StackConfig, load_file, parse
from tests.unit.config.edits import HERE, edited

ROOT = Path(__file__).parents[2]

MAIL = {"team-mail": {"to": ["team@example.com"]}}
SMTP = {
    "server": "smtp.example.com:587",
    "sender": "alerts@example.com",
    "username": "alerts",
    "password": "p",
}
MAIL_ONLY = {
    "mode": "operator",
    "operator": {"namespace": "monitoring"},
    "gateway": {"namespace": "traefik"},
    "images": {"relay": "relay:v1"},
    "receivers": {"email": MAIL},
    "smtp": SMTP,
    "teams": {"everybody": {"chat": ["team-mail"]}},
    "defaultTeam": "everybody",
}
# Names that could be taken for others: a team called like a part of a receiver, and like a model.
AWKWARD = {
    "mode": "embedded",
    "gateway": {"namespace": "traefik"},
    "images": {"relay": "relay:v1"},
    "receivers": {
        "wecom": {"relay": {"key": "k"}},
        "webhook": {"dead-mans-switch": {"url": "https://a.example.com"}, "phone": {"url": "u"}},
    },
    "teams": {
        "ocr": {"chat": ["relay"]},
        "nobody": {"chat": ["dead-mans-switch"], "phone": ["phone"]},
    },
    "defaultTeam": "nobody",
    "mutes": {
        "working-hours": {
            "reason": "A mute with the name of something else.",
            "models": ["ocr"],
            "weekly": {"days": ["monday"], "start": "00:00", "end": "24:00"},
        },
        "overlapping": {
            "reason": "It holds for a part of the first one.",
            "alerts": ["HighModelErrorRate"],
            "once": {"start": "2026-12-31 22:00", "end": "2027-02-01 00:00"},
        },
    },
}

STACKS: dict[str, StackConfig] = {
    "prod": load_file(ROOT / "Pulumi.prod.yaml"),
    "everything": load_file(HERE / "good" / "everything.yaml"),
    "mail only": parse(edited({"alerting": MAIL_ONLY})),
    "awkward names": parse(edited({"alerting": AWKWARD, "models/ocr/owner": "ocr"})),
}
