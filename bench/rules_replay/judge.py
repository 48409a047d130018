"""Notifications against incidents: which were false, which incidents nobody was told of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace

from bench.rules_replay.incidents import Incident

# Minutes for which an alert may go on after its incident: its window, and for how long it is kept.
_LINGERS = defaultdict(lambda: 60, {"ErrorBudgetBurnSlow": 7 * 60})


@dataclass(frozen=True)
class Notification:
    """An alert that fired, in minutes. Empty labels are those that the alert does not have."""

    alert: str
    model: str
    version: str
    start: int
    end: int

    def belongs_to(self, incident: Incident) -> bool:
        """Whether the alert is about the incident."""
        about = self.alert in incident.found_by | incident.also and self.model == incident.model
        end = incident.end + _LINGERS[self.alert]
        return about and self.start < end and self.end > incident.start


def merged(notifications: Iterable[Notification]) -> list[Notification]:
    """One for each alert of a model and version at a time, as a group of Alertmanager tells it."""
    found: list[Notification] = []
    for each in sorted(notifications, key=astuple):
        last = found[-1] if found else None
        if last and last.end >= each.start and astuple(last)[:3] == astuple(each)[:3]:
            found[-1] = replace(last, end=max(last.end, each.end))
        else:
            found.append(each)
    return found


def false(
    notifications: Iterable[Notification], incidents: Sequence[Incident]
) -> list[Notification]:
    """Those that are about no incident."""
    return [each for each in notifications if not any(map(each.belongs_to, incidents))]


def delay(notifications: Iterable[Notification], incident: Incident) -> int | None:
    """Minutes from an incident's begin to the first alert that finds it; None if none did."""
    starts = [
        each.start
        for each in notifications
        if each.alert in incident.found_by and each.belongs_to(incident)
    ]
    return max(0, min(starts) - incident.start) if starts else None
