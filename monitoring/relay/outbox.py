"""What is told, and how far that has come: written down before and after each request.

Whatever moment the relay is killed at, it goes on with the very message that it was sending. That
one may have been accepted already; it is the only one that can be told twice.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import astuple

from monitoring.relay import messages, pace, refusals, webhook
from monitoring.relay.compose import Batch
from monitoring.relay.database import Database, State
from monitoring.relay.merge import Entry
from monitoring.relay.pace import Progress
from monitoring.relay.refusals import Finished, Sending
from monitoring.relay.robots.kind import Outcome, Pace
from monitoring.relay.robots.verdict import Verdict

# Entries that are looked at for one message.
_MOST_ENTRIES = 5000


class Outbox:
    """The messages of one robot. One courier alone works with it.

    Args:
        compose: makes the next message of what waits; no messages: it cannot be told.
    """

    def __init__(
        self,
        database: Database,
        robot: str,
        limits: Pace,
        compose: Callable[[Sequence[Entry]], Batch],
    ) -> None:
        self._database = database
        self._robot = robot
        self._limits = limits
        self._compose = compose

    def begin(self, now: float) -> Sending | float | None:
        """The next message, counted against the limits; or the seconds until one may be sent; or
        None: nothing waits.
        """
        with self._database.transaction() as connection:
            sending = self._next(connection)
            if not sending and not self._count(connection):
                return None
            progress = self._progress(connection, now)
            delay = pace.wait(progress, self._limits, now)
            if delay > 0:
                return delay
            if not sending:
                self._write(connection, self._compose(self._waiting(connection)), now)
                sending = self._next(connection)
            if not sending:
                return 0.0
            connection.execute(
                "UPDATE message SET doubtful = 1, sent = COALESCE(sent, ?) WHERE id = ?",
                (now, sending.id),
            )
            self._save(connection, pace.spend(progress, self._limits, now))
            return sending

    def end(self, sending: Sending, verdict: Verdict, now: float) -> Finished:
        """Writes down what came of a message."""
        with self._database.transaction() as connection:
            progress = self._progress(connection, now)
            self._save(connection, pace.after(progress, verdict.outcome, self._limits, now))
            if verdict.outcome is Outcome.ACCEPTED:
                return self._accepted(connection, sending, now)
            return refusals.failed(connection, sending, verdict, now)

    def state(self, entry: int) -> State:
        """Of an entry; what has been forgotten was delivered."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT state FROM notification WHERE id = ?", (entry,)
            ).fetchone()
        return row[0] if row else "delivered"

    def _accepted(self, connection: sqlite3.Connection, sending: Sending, now: float) -> Finished:
        connection.execute("DELETE FROM message WHERE id = ?", (sending.id,))
        batch = (sending.batch,)
        if connection.execute("SELECT 1 FROM message WHERE batch = ?", batch).fetchone():
            return Finished()
        received = connection.execute(
            "UPDATE notification SET state = 'delivered', finished = ?, body = NULL, batch = NULL"
            " WHERE batch = ? RETURNING received",
            (now, *batch),
        ).fetchall()
        return Finished(tuple(time for (time,) in received))

    def _next(self, connection: sqlite3.Connection) -> Sending | None:
        row = connection.execute(
            "SELECT id, batch, first, key, IIF(doubtful, sent, NULL), body FROM message"
            " WHERE robot = ? ORDER BY id LIMIT 1",
            (self._robot,),
        ).fetchone()
        if row is None:
            return None
        id_, batch, first, key, doubtful, body = row
        return Sending(id_, batch, bool(first), key, doubtful, messages.load(body))

    def _count(self, connection: sqlite3.Connection) -> int:
        """Entries that wait and are in no batch."""
        (count,) = connection.execute(
            "SELECT COUNT(*) FROM notification"
            " WHERE robot = ? AND state = 'waiting' AND batch IS NULL",
            (self._robot,),
        ).fetchone()
        return int(count)

    def _waiting(self, connection: sqlite3.Connection) -> list[Entry]:
        rows = connection.execute(
            "SELECT id, body, received, seen, alone FROM notification"
            " WHERE robot = ? AND state = 'waiting' AND batch IS NULL ORDER BY id LIMIT ?",
            (self._robot, _MOST_ENTRIES),
        )
        return [
            Entry(id_, webhook.parse(body), received, seen, bool(alone))
            for id_, body, received, seen, alone in rows
        ]

    def _write(self, connection: sqlite3.Connection, batch: Batch, now: float) -> None:
        # The first entry names the batch: it is in no other.
        name = batch.entries[0]
        connection.executemany(
            "UPDATE notification SET batch = ? WHERE id = ?",
            [(name, each) for each in batch.entries],
        )
        if not batch.messages:
            refusals.bury(connection, name, 0, "it cannot be rendered, see the log", now)
        connection.executemany(
            "INSERT INTO message (robot, batch, first, key, body) VALUES (?, ?, ?, ?, ?)",
            [
                (self._robot, name, number == 0, uuid.uuid4().hex, message.dump())
                for number, message in enumerate(batch.messages)
            ],
        )

    def _progress(self, connection: sqlite3.Connection, now: float) -> Progress:
        row = connection.execute(
            "SELECT tokens, at, not_before, failures FROM progress WHERE robot = ?", (self._robot,)
        ).fetchone()
        return Progress(*row) if row else Progress(self._limits.burst, now)

    def _save(self, connection: sqlite3.Connection, progress: Progress) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)",
            (self._robot, *astuple(progress)),
        )
