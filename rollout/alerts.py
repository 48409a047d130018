"""What Alertmanager knows: critical alerts of a version, and what the rollout tells people.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from rollout.sources import Source, SourceAway, labels

# An event is no state: it ends by itself, after Alertmanager has had the time to send it.
_EVENT_LASTS = timedelta(minutes=10)


def firing(source: Source, namespace: str, model: str, version: str) -> tuple[str, ...]:
    """Names of the critical alerts of a version that fire and are not silenced.

    Raises SourceAway.
    """
    wanted = {"severity": "critical", "namespace": namespace, "model": model, "version": version}
    filters = [("filter", labels(**{name: value})) for name, value in wanted.items()]
    states = [("active", "true"), ("silenced", "false"), ("inhibited", "false")]
    found = source.get("/api/v2/alerts", [*filters, *states])
    try:
        return tuple(sorted({str(alert["labels"]["alertname"]) for alert in found}))
    except (TypeError, KeyError) as error:
        raise SourceAway("alertmanager: an answer of another shape") from error


def tell(
    source: Source, subject: Mapping[str, str], texts: Mapping[str, str], now: datetime
) -> None:
    """Send an event to whoever the routes name for it. Raises SourceAway.

    `subject` are the labels that say what it is about, `texts` the annotations.
    """
    event = {
        "labels": {"alertname": "RolloutEvent", "severity": "info", **subject},
        "annotations": dict(texts),
        "startsAt": now.isoformat(),
        "endsAt": (now + _EVENT_LASTS).isoformat(),
    }
    source.post("/api/v2/alerts", [event])
