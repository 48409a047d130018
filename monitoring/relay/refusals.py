"""What becomes of notifications whose message was not accepted."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from monitoring.relay.messages import Message
from monitoring.relay.robots.kind import Outcome
from monitoring.relay.robots.verdict import Verdict

# Refusals, about five minutes with their pauses: Kubernetes takes up to two to bring a new secret.
_MOST_TRIES = 10


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


def failed(
    connection: sqlite3.Connection, sending: Sending, verdict: Verdict, now: float
) -> Finished:
    """Lets its notifications wait on, alone or together, or makes dead letters of them."""
    unsuitable = verdict.outcome is Outcome.UNSUITABLE
    # Nothing of the batch has been told: it may be composed anew, with what came since.
    untold = sending.first and verdict.certain and (unsuitable or sending.doubtful is None)
    finished = Finished()
    if unsuitable:
        if untold and _size(connection, sending.batch) > 1:
            _part(connection, sending.batch)
        else:
            finished = bury(connection, sending.batch, 0, verdict.reason, now)
    elif verdict.outcome in (Outcome.REFUSED, Outcome.UNKNOWN):
        tries = _refused(connection, sending.batch)
        # What was partly told dies whole, as soon as one of its entries does.
        least = _MOST_TRIES if untold or tries < _MOST_TRIES else 0
        finished = bury(connection, sending.batch, least, verdict.reason, now)
    if untold or finished.died:
        _dissolve(connection, sending.batch)
    elif verdict.certain and sending.doubtful is None:
        connection.execute("UPDATE message SET doubtful = 0 WHERE id = ?", (sending.id,))
    return finished


def bury(
    connection: sqlite3.Connection, batch: int, tries: int, reason: str, now: float
) -> Finished:
    """Makes dead letters of a batch's entries that were refused at least so many times."""
    rows = connection.execute(
        "UPDATE notification SET state = 'dead', finished = ?, reason = ?, batch = NULL"
        " WHERE batch = ? AND tries >= ? RETURNING received",
        (now, reason, batch, tries),
    ).fetchall()
    return Finished(tuple(time for (time,) in rows), reason if rows else None)


def _size(connection: sqlite3.Connection, batch: int) -> int:
    (count,) = connection.execute(
        "SELECT COUNT(*) FROM notification WHERE batch = ?", (batch,)
    ).fetchone()
    return int(count)


def _part(connection: sqlite3.Connection, batch: int) -> None:
    """One of several spoils it for all: from now on each goes alone."""
    connection.execute("UPDATE notification SET alone = 1 WHERE batch = ?", (batch,))


def _refused(connection: sqlite3.Connection, batch: int) -> int:
    """Counts a refusal; gives the most that any entry has had."""
    rows = connection.execute(
        "UPDATE notification SET tries = tries + 1 WHERE batch = ? RETURNING tries", (batch,)
    ).fetchall()
    return max(int(tries) for (tries,) in rows)


def _dissolve(connection: sqlite3.Connection, batch: int) -> None:
    connection.execute("DELETE FROM message WHERE batch = ?", (batch,))
    connection.execute("UPDATE notification SET batch = NULL WHERE batch = ?", (batch,))
