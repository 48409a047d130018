"""From notifications that wait to what is still worth saying: each incident once, as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitoring.relay.webhook import Alert, Notification


@dataclass(frozen=True)
class Entry:
    """A notification that waits.

    Attributes:
        id: grows with the order of arrival.
        received: when it came, seconds since the epoch.
        seen: when Alertmanager has last sent it.
        alone: it shares no message, since a message that it was in was unsuitable.
    """

    id: int
    notification: Notification
    received: float
    seen: float
    alone: bool = False


@dataclass(frozen=True)
class Incident:
    """An alert in its latest state; `untold`: its beginning has not been told either."""

    alert: Alert
    untold: bool

    @property
    def firing(self) -> bool:
        return self.alert.status == "firing"

    @property
    def passed(self) -> bool:
        """Began and ended while it waited to be told."""
        return self.untold and not self.firing


@dataclass(frozen=True)
class Group:
    """All that waits about one of Alertmanager's groups, merged.

    Attributes:
        entries: ids of the notifications that are in it.
        received: when the first of them came.
        seen: when Alertmanager has last sent the latest of them.
    """

    entries: tuple[int, ...]
    latest: Notification
    incidents: tuple[Incident, ...]
    received: float
    seen: float
    alone: bool

    @property
    def critical(self) -> bool:
        return any(each.firing and each.alert.critical for each in self.incidents)


def merge(entries: Iterable[Entry]) -> list[Group]:
    """The groups, those with critical alerts first, else in the order of arrival.

    Within a group the order of notifications decides what is true last, so a resolution is never
    told before its beginning: they are told together, as an incident that has passed.
    """
    by_key: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: each.id):
        by_key.setdefault(entry.notification.key, []).append(entry)
    groups = [_group(waiting) for waiting in by_key.values()]
    return sorted(groups, key=lambda group: (not group.critical, group.entries[0]))


def _group(entries: Sequence[Entry]) -> Group:
    incidents: dict[str, Incident] = {}
    for entry in entries:
        for alert in entry.notification.alerts:
            before = incidents.pop(alert.identity, None)
            untold = before.untold if before else alert.status == "firing"
            incidents[alert.identity] = Incident(alert, untold)
    # What has passed says less than what burns.
    ordered = sorted(
        incidents.values(), key=lambda each: (not each.firing, not each.alert.critical)
    )
    return Group(
        entries=tuple(entry.id for entry in entries),
        latest=entries[-1].notification,
        incidents=tuple(ordered),
        received=min(entry.received for entry in entries),
        seen=entries[-1].seen,
        alone=any(entry.alone for entry in entries),
    )
