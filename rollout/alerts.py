"""What Alertmanager knows: critical alerts of a version, and what the rollout tells people.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollout.events import Event
from rollout.sources import Source, SourceAway, labels

# An event is no state: it ends by itself, after Alertmanager has had the time to send it.
_EVENT_LASTS = timedelta(minutes=10)
_EVENT = "RolloutEvent"


@dataclass(frozen=True)
class Alert:
    """An alert that fires: `version` is empty where it has none, `since` is ISO 8601."""

    name: str
    severity: str
    version: str
    since: str
    summary: str


def firing(source: Source, namespace: str, model: str, version: str) -> tuple[str, ...]:
    """Names of the critical alerts of a version that fire and are not silenced.

    Raises SourceAway.
    """
    wanted = {"severity": "critical", "namespace": namespace, "model": model, "version": version}
    return tuple(sorted({alert.name for alert in _active(source, wanted)}))


def about(source: Source, namespace: str, model: str) -> tuple[Alert, ...]:
    """Every alert of a model that fires and is not silenced, the oldest first. Raises SourceAway.

    What the rollout has told people itself is none.
    """
    found = _active(source, {"namespace": namespace, "model": model})
    alerts = (alert for alert in found if alert.name != _EVENT)
    return tuple(sorted(alerts, key=lambda alert: (alert.since, alert.name, alert.version)))


def _active(source: Source, wanted: Mapping[str, str]) -> list[Alert]:
    filters = [("filter", labels(**{name: value})) for name, value in wanted.items()]
    states = [("active", "true"), ("silenced", "false"), ("inhibited", "false")]
    found = source.get("/api/v2/alerts", [*filters, *states])
    try:
        return [_alert(each) for each in found]
    except (TypeError, KeyError, AttributeError) as error:
        raise SourceAway("alertmanager: an answer of another shape") from error


def _alert(found: Mapping[str, Any]) -> Alert:
    said = found["labels"]
    return Alert(
        name=str(said["alertname"]),
        severity=str(said.get("severity", "")),
        version=str(said.get("version", "")),
        since=str(found.get("startsAt", "")),
        summary=str(found.get("annotations", {}).get("summary", "")),
    )


def tell(source: Source, subject: Mapping[str, str], event: Event, now: datetime) -> None:
    """Send an event to whoever the routes name for it. Raises SourceAway.

    `subject` are the labels that say what it is about.
    """
    # The name is a label: to Alertmanager, two events with the same labels would be one.
    alert = {
        "labels": {"alertname": _EVENT, "severity": "info", "event": event.name, **subject},
        "annotations": dict(event.texts),
        "startsAt": now.isoformat(),
        "endsAt": (now + _EVENT_LASTS).isoformat(),
    }
    source.post("/api/v2/alerts", [alert])
