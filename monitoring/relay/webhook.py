"""Alertmanager's webhook, version 4, as types.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Status = Literal["firing", "resolved"]

# Years that every time zone can show. Go's zero time, the year 1, stands for "none".
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class NotAlertmanager(ValueError):
    """A request is not what Alertmanager sends; the message says what is wrong."""


@dataclass(frozen=True)
class Alert:
    """One alert; `ends_at` is None while it fires."""

    fingerprint: str
    status: Status
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None

    @property
    def identity(self) -> str:
        """The same for the same labels and beginning: what fires again is another incident."""
        return f"{self.fingerprint} {self.starts_at.isoformat()}"

    @property
    def critical(self) -> bool:
        return self.labels.get("severity") == "critical"


@dataclass(frozen=True)
class Notification:
    """What Alertmanager says about one group.

    Attributes:
        key: Alertmanager's name for the group, the same for every notification about it.
        labels: what the group's alerts are grouped by.
        truncated: alerts that `max_alerts` has cut off.
    """

    key: str
    labels: Mapping[str, str]
    alerts: tuple[Alert, ...]
    truncated: int


def parse(body: bytes | str) -> Notification:
    """Read the body of a request.

    Raises:
        NotAlertmanager: it is no JSON, of another version, or a field is missing or of a wrong
            type.
    """
    try:
        found = json.loads(body)
    except ValueError:
        raise NotAlertmanager("the body is no JSON") from None
    except RecursionError:
        raise NotAlertmanager("the body is nested too deeply") from None
    try:
        if found["version"] != "4":
            raise NotAlertmanager(f"version is {found['version']!r:.40}, expected '4'")
        alerts = tuple(_alert(each) for each in found["alerts"])
        notification = Notification(
            _text(found["groupKey"]),
            _texts(found["groupLabels"]),
            alerts,
            int(found.get("truncatedAlerts") or 0),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAlertmanager(f"a field is missing or of a wrong type: {error!s:.80}") from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, NotAlertmanager):
            raise
        raise NotAlertmanager(f"a field has a wrong value: {error!s:.80}") from None
    if not alerts:
        raise NotAlertmanager("there are no alerts in it")
    return notification


def dump(notification: Notification) -> str:
    """Text from which `parse` makes the same notification."""
    return json.dumps(
        {
            "version": "4",
            "groupKey": notification.key,
            "groupLabels": dict(notification.labels),
            "truncatedAlerts": notification.truncated,
            "alerts": [
                {
                    "fingerprint": alert.fingerprint,
                    "status": alert.status,
                    "labels": dict(alert.labels),
                    "annotations": dict(alert.annotations),
                    "startsAt": alert.starts_at.isoformat(),
                    "endsAt": alert.ends_at.isoformat() if alert.ends_at else None,
                }
                for alert in notification.alerts
            ],
        },
        ensure_ascii=False,
    )


def shared(maps: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The pairs that all of them have."""
    first, *others = maps
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }


def _alert(found: Any) -> Alert:  # noqa: ANN401 - what JSON holds
    status = found["status"]
    if status not in ("firing", "resolved"):
        raise ValueError(f"status {status!r}")
    ends = found.get("endsAt")
    return Alert(
        fingerprint=_text(found["fingerprint"]),
        status=status,
        labels=_texts(found["labels"]),
        annotations=_texts(found["annotations"]),
        starts_at=_time(found["startsAt"]),
        ends_at=_time(ends) if status == "resolved" and ends else None,
    )


def _texts(found: Any) -> dict[str, str]:  # noqa: ANN401
    return {_text(name): _text(value) for name, value in found.items()}


def _text(found: Any) -> str:  # noqa: ANN401
    if not isinstance(found, str):
        raise TypeError(f"{found!r:.40} is no text")
    # JSON can hold half a surrogate pair, which neither a database nor a robot takes.
    return found.encode("utf-8", "replace").decode()


def _time(found: str) -> datetime:
    moment = datetime.fromisoformat(found)
    if moment.tzinfo is None:
        raise ValueError(f"{found!r} has no time zone")
    return min(max(moment, _FIRST), _LAST).astimezone(UTC)
