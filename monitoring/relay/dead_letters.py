"""Notifications that could not be told: to list, and to try again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitoring.relay import database, webhook


@dataclass(frozen=True)
class DeadLetter:
    """`died` in seconds since the epoch."""

    id: int
    robot: str
    died: float
    reason: str
    notification: webhook.Notification

    def __str__(self) -> str:
        alerts = self.notification.alerts
        names = sorted({alert.labels.get("alertname", "?") for alert in alerts})
        firing = sum(alert.status == "firing" for alert in alerts)
        return (
            f"{self.id}  {datetime.fromtimestamp(self.died, UTC):%Y-%m-%d %H:%M:%S} UTC"
            f"  {self.robot}  {', '.join(names)}"
            f"  {firing} firing, {len(alerts) - firing} resolved  ({self.reason})"
        )


def listed(connection: sqlite3.Connection) -> list[DeadLetter]:
    """All of them, the oldest first."""
    rows = connection.execute(
        "SELECT id, robot, finished, reason, body FROM notification"
        " WHERE state = 'dead' ORDER BY id"
    )
    return [
        DeadLetter(id_, robot, died, reason, webhook.parse(body))
        for id_, robot, died, reason, body in rows
    ]


def retry(connection: sqlite3.Connection, ids: Iterable[int]) -> Sequence[int]:
    """Lets them wait again; a running relay finds them within seconds. Gives those that it did."""
    with database.transaction(connection):
        return [
            id_
            for id_ in ids
            if connection.execute(
                "UPDATE notification SET state = 'waiting', tries = 0, finished = NULL,"
                " reason = NULL WHERE id = ? AND state = 'dead'",
                (id_,),
            ).rowcount
        ]


def bury_orphans(connection: sqlite3.Connection, robots: Iterable[str], now: float) -> int:
    """Makes dead letters of what waits for robots that are not configured any more."""
    return connection.execute(
        "UPDATE notification SET state = 'dead', finished = ?, batch = NULL,"
        " reason = 'the robot is not configured'"
        " WHERE state = 'waiting' AND robot NOT IN (SELECT value FROM json_each(?))",
        (now, json.dumps(list(robots))),
    ).rowcount
