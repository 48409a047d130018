"""What Alertmanager sends is kept here, unless it says nothing new.

Alertmanager repeats what was not accepted, each of a pair may send the same, and both remind of
what still fires. So a notification is new if it has an alert in a state that was not heard before,
or that was told longer than `repeat_s` ago.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from monitoring.relay.database import Database, State
from monitoring.relay.webhook import Notification, dump

# Seconds after which a repetition of a dead letter is worth a new try, and after which a dead
# letter that nobody has cared for is thrown away.
_DEAD_S, _KEEP_DEAD_S = 60.0, 30 * 86400.0

# Seconds between two deletions of what is not needed any more.
_SWEEP_S = 600.0


@dataclass(frozen=True)
class Receipt:
    """Which entry a notification belongs to now, in which state it is, and if it is new."""

    id: int
    state: State
    new: bool


class Inbox:
    """Args:
    repeat_s: seconds after which what was told is told again, as a reminder.
    """

    def __init__(self, database: Database, repeat_s: float) -> None:
        self._database = database
        self._repeat_s = repeat_s
        self._swept = 0.0

    def put(self, robot: str, notification: Notification, now: float) -> Receipt:
        """Keeps a notification for a robot; it is on the disk when this returns.

        Raises:
            Full, sqlite3.Error: it is not kept.
        """
        if abs(now - self._swept) > _SWEEP_S:
            self._forget(now)
            self._swept = now
        body = dump(notification)
        self._database.room_for(len(body.encode()))
        with self._database.transaction() as connection:
            known = self._known(connection, robot, notification, now)
            if known is None:
                return _insert(connection, robot, notification, body, now)
            return _seen(connection, robot, notification.key, known, now)

    def _forget(self, now: float) -> None:
        """Deletes what was delivered so long ago that it would be told again anyway."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM notification WHERE state = 'delivered' AND finished < ?"
                " OR state = 'dead' AND finished < ?",
                (now - self._repeat_s, now - _KEEP_DEAD_S),
            )

    def _known(
        self, connection: sqlite3.Connection, robot: str, notification: Notification, now: float
    ) -> set[int] | None:
        """The entries that have said all of this; None if some of it is new."""
        rows = connection.execute(
            "SELECT identity, status, notification FROM alert"
            " JOIN notification ON notification.id = alert.notification"
            " WHERE alert.robot = ? AND alert.group_key = ?"
            " AND (state != 'delivered' OR finished > ?)",
            (robot, notification.key, now - self._repeat_s),
        )
        heard = {identity: (status, id_) for identity, status, id_ in rows}
        entries = set()
        for alert in notification.alerts:
            status, id_ = heard.get(alert.identity, ("", 0))
            if status != alert.status:
                return None
            entries.add(id_)
        return entries


def _insert(
    connection: sqlite3.Connection, robot: str, notification: Notification, body: str, now: float
) -> Receipt:
    key = notification.key
    id_ = connection.execute(
        "INSERT INTO notification (robot, group_key, state, body, received, seen)"
        " VALUES (?, ?, 'waiting', ?, ?, ?)",
        (robot, key, body, now, now),
    ).lastrowid
    assert id_ is not None  # noqa: S101 - an INSERT has one
    connection.executemany(
        "INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?)",
        [(robot, key, alert.identity, alert.status, id_) for alert in notification.alerts],
    )
    return Receipt(id_, "waiting", new=True)


def _seen(
    connection: sqlite3.Connection, robot: str, key: str, known: set[int], now: float
) -> Receipt:
    """A repetition is delivered when everything about its group is: order is kept within it."""
    ids = json.dumps(list(known))
    connection.execute(
        "UPDATE notification SET state = 'waiting', tries = 0, batch = NULL, finished = NULL"
        " WHERE state = 'dead' AND finished < ? AND id IN (SELECT value FROM json_each(?))",
        (now - _DEAD_S, ids),
    )
    connection.execute(
        "UPDATE notification SET seen = ? WHERE robot = ? AND group_key = ? AND state = 'waiting'",
        (now, robot, key),
    )
    id_, state = connection.execute(
        "SELECT id, state FROM notification WHERE robot = ? AND group_key = ?"
        " AND (state = 'waiting' OR id IN (SELECT value FROM json_each(?)))"
        " ORDER BY state = 'waiting' DESC, state = 'dead' DESC, id DESC LIMIT 1",
        (robot, key, ids),
    ).fetchone()
    return Receipt(id_, state, new=False)
