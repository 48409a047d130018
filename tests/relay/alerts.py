"""Alertmanager's webhooks, as a test wants them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

BEGUN = datetime(2026, 11, 23, 12, 3, 5, tzinfo=UTC)

Json = dict[str, Any]


def alert(
    name: str = "HighModelErrorRate",
    *,
    status: str = "firing",
    since: int = 0,
    annotations: dict[str, str] | None = None,
    **labels: str,
) -> Json:
    """One alert that began `since` seconds after BEGUN, and ended ten minutes later if resolved."""
    all_labels = {
        "alertname": name,
        "severity": "critical",
        "model": "ocr",
        "version": "v1.2",
        "owner": "team-ocr",
    } | labels
    starts = BEGUN + timedelta(seconds=since)
    ends = starts + timedelta(minutes=10) if status == "resolved" else None
    digest = hashlib.sha256(json.dumps(all_labels, sort_keys=True).encode()).hexdigest()
    return {
        "status": status,
        "labels": all_labels,
        "annotations": {
            "summary": "5.2% of the requests fail",
            "description": "Over 5 minutes: 5.2%, allowed are 1%.",
        }
        | (annotations or {}),
        "startsAt": starts.isoformat().replace("+00:00", "Z"),
        "endsAt": ends.isoformat() if ends else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": digest[:16],
    }


def webhook(*alerts: Json, group: str | None = None, **more: object) -> Json:
    """A notification about these alerts; the group is named after the first one's labels."""
    labels = alerts[0]["labels"]
    group_labels = {name: labels[name] for name in ("alertname", "model", "version")}
    return {
        "version": "4",
        "groupKey": group
        or f"{{}}:{{{labels['alertname']} {labels['model']} {labels['version']}}}",
        "truncatedAlerts": 0,
        "status": "firing" if any(each["status"] == "firing" for each in alerts) else "resolved",
        "receiver": "oncall",
        "groupLabels": group_labels,
        "commonLabels": group_labels,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.evil.example",
        "alerts": list(alerts),
    } | more


def resolved(notification: Json) -> Json:
    """The same alerts, over."""
    ended = [
        {
            **each,
            "status": "resolved",
            "endsAt": (
                datetime.fromisoformat(each["startsAt"]) + timedelta(minutes=10)
            ).isoformat(),
        }
        for each in notification["alerts"]
    ]
    return {**notification, "status": "resolved", "alerts": ended}
