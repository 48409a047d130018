"""What Alertmanager sends is kept here, unless it says nothing new.

Alertmanager repeats what was not accepted, each of a pair may send the same, and both remind of
what still fires. So a notification is new if it has an alert in a state that was not heard before,
or that was told longer than `repeat_s` ago.

An alert that fires although it was just heard to be over is most likely a late repetition by the
other Alertmanager of a pair. It is held: not taken and not confirmed. A repetition ends with the
pair's next round, and if the alert burns again indeed, it is still reported when the time is over.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitoring.relay.database import Database, State
from monitoring.relay.webhook import Alert, Notification, Status, dump

# Seconds after which a repetition of a dead letter is worth a new try, and after which a dead
# letter that nobody has cared for is thrown away.
_DEAD_S, _KEEP_DEAD_S = 60.0, 30 * 86400.0

# Seconds for which Alertmanager repeats a notification at most, its default group_interval, and
# some.
_HOLD_S = 330.0

# Seconds between two deletions of what is not needed any more.
_SWEEP_S = 600.0


@dataclass(frozen=True)
class Receipt:
    """What has become of a notification.

    Attributes:
        id: of the entry that it belongs to.
        state: of that entry.
        new: it was not known before.
        held: some of it was not taken, so it is not delivered whatever the state.
    """

    id: int
    state: State
    new: bool
    held: bool = False


class _Heard(NamedTuple):
    """The last that was heard of an alert."""

    status: Status
    entry: int
    at: float


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
        with self._database.transaction() as connection:
            heard = self._heard(connection, robot, notification.key, now)
            taken = [alert for alert in notification.alerts if not _held(alert, heard, now)]
            if not taken:
                entry = heard[notification.alerts[0].identity].entry
                return Receipt(entry, "waiting", new=False, held=True)
            known = [heard.get(alert.identity) for alert in taken]
            if all(
                each is not None and each.status == alert.status
                for each, alert in zip(known, taken, strict=True)
            ):
                entries = {each.entry for each in known if each}
                receipt = _seen(connection, robot, notification.key, entries, now)
            else:
                receipt = self._insert(
                    connection, robot, replace(notification, alerts=tuple(taken)), now
                )
            return replace(receipt, held=len(taken) < len(notification.alerts))

    def _forget(self, now: float) -> None:
        """Deletes what was delivered so long ago that it would be told again anyway."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM notification WHERE state = 'delivered' AND finished < ?"
                " OR state = 'dead' AND finished < ?",
                (now - self._repeat_s, now - _KEEP_DEAD_S),
            )

    def _heard(
        self, connection: sqlite3.Connection, robot: str, group: str, now: float
    ) -> dict[str, _Heard]:
        """By the identity of an alert, as far as it is not due to be told again."""
        rows = connection.execute(
            "SELECT identity, status, id, received FROM alert"
            " JOIN notification ON notification.id = alert.notification"
            " WHERE alert.robot = ? AND alert.group_key = ?"
            " AND (state != 'delivered' OR finished > ?)",
            (robot, group, now - self._repeat_s),
        )
        return {identity: _Heard(*values) for identity, *values in rows}

    def _insert(
        self, connection: sqlite3.Connection, robot: str, notification: Notification, now: float
    ) -> Receipt:
        key, body = notification.key, dump(notification)
        self._database.room_for(len(body.encode()))
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


def _held(alert: Alert, heard: Mapping[str, _Heard], now: float) -> bool:
    before = heard.get(alert.identity)
    return (
        before is not None
        and (alert.status, before.status) == ("firing", "resolved")
        and abs(now - before.at) < _HOLD_S
    )


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
