"""What is told, and how far that has come: written down before and after each request.

Whatever moment the relay is killed at, it goes on with the very message that it was sending. That
one may have been accepted already; it is the only one that can be told twice.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

from monitoring.relay import messages, pace, webhook
from monitoring.relay.compose import Batch
from monitoring.relay.database import Database, State
from monitoring.relay.merge import Entry
from monitoring.relay.messages import Message
from monitoring.relay.pace import Progress
from monitoring.relay.robots.kind import Outcome, Pace
from monitoring.relay.robots.verdict import Verdict

# Refusals, about five minutes with their pauses: Kubernetes takes up to two to bring a new secret.
_MOST_TRIES = 10

# Entries that are looked at for one message.
_MOST_ENTRIES = 5000


@dataclass(frozen=True)
class Sending:
    """A message that may be sent now.

    Attributes:
        key: the same each time that this message is sent.
        first: it is the first of its batch.
        doubtful: when it was first sent, seconds since the epoch, if the robot may have it.
    """

    id: int
    batch: int
    first: bool
    key: str
    doubtful: float | None
    message: Message


@dataclass(frozen=True)
class Finished:
    """Entries that need no more telling: when they were received, and why they died."""

    received: tuple[float, ...] = ()
    died: str | None = None


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
            entries = [] if sending else self._waiting(connection)
            if not sending and not entries:
                return None
            progress = self._progress(connection, now)
            delay = pace.wait(progress, self._limits, now)
            if delay > 0:
                return delay
            if not sending:
                self._write(connection, self._compose(entries), now)
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
            return self._failed(connection, sending, verdict, now)

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

    def _failed(
        self, connection: sqlite3.Connection, sending: Sending, verdict: Verdict, now: float
    ) -> Finished:
        unsuitable = verdict.outcome is Outcome.UNSUITABLE
        # Nothing of the batch has been told: it may be composed anew, with what came since.
        untold = sending.first and verdict.certain and (unsuitable or sending.doubtful is None)
        finished = Finished()
        if unsuitable:
            finished = self._unsuitable(connection, sending, untold, verdict.reason, now)
        elif verdict.outcome in (Outcome.REFUSED, Outcome.UNKNOWN):
            finished = self._refused(connection, sending, untold, verdict.reason, now)
        batch = (sending.batch,)
        if untold or finished.died:
            connection.execute("DELETE FROM message WHERE batch = ?", batch)
            connection.execute("UPDATE notification SET batch = NULL WHERE batch = ?", batch)
        elif verdict.certain and sending.doubtful is None:
            connection.execute("UPDATE message SET doubtful = 0 WHERE id = ?", (sending.id,))
        return finished

    def _unsuitable(
        self,
        connection: sqlite3.Connection,
        sending: Sending,
        untold: bool,
        reason: str,
        now: float,
    ) -> Finished:
        """One of several spoils it for all: each has to go alone. A single one dies."""
        batch = (sending.batch,)
        (count,) = connection.execute(
            "SELECT COUNT(*) FROM notification WHERE batch = ?", batch
        ).fetchone()
        if not untold or count == 1:
            return _bury(connection, sending.batch, 0, reason, now)
        connection.execute("UPDATE notification SET alone = 1 WHERE batch = ?", batch)
        return Finished()

    def _refused(
        self,
        connection: sqlite3.Connection,
        sending: Sending,
        untold: bool,
        reason: str,
        now: float,
    ) -> Finished:
        """Those die that have been refused too often; what was partly told dies whole."""
        batch = (sending.batch,)
        connection.execute("UPDATE notification SET tries = tries + 1 WHERE batch = ?", batch)
        (most,) = connection.execute(
            "SELECT MAX(tries) FROM notification WHERE batch = ?", batch
        ).fetchone()
        if most < _MOST_TRIES:
            return Finished()
        return _bury(connection, sending.batch, _MOST_TRIES if untold else 0, reason, now)

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
            _bury(connection, name, 0, "it cannot be rendered, see the log", now)
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


def _bury(
    connection: sqlite3.Connection, batch: int, tries: int, reason: str, now: float
) -> Finished:
    """Makes dead letters of a batch's entries that were refused at least so many times."""
    rows = connection.execute(
        "UPDATE notification SET state = 'dead', finished = ?, reason = ?, batch = NULL"
        " WHERE batch = ? AND tries >= ? RETURNING received",
        (now, reason, batch, tries),
    ).fetchall()
    return Finished(tuple(time for (time,) in rows), reason if rows else None)
