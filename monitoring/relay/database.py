"""The queue's file: SQLite, which loses nothing that it has confirmed."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

State = Literal["waiting", "delivered", "dead"]
"""Of a notification in the queue."""

_SCHEMA = 1
_FILE, _LOCK = "relay.db", "relay.lock"

# Bytes of the disk that no new notification takes, so that what waits can still be told and
# crossed off.
_RESERVE = 1 << 20


class Unusable(Exception):
    """The queue cannot be opened; the message says why, and what to do."""


class Full(Exception):
    """The disk has no room for another notification."""


class Database:
    """One connection, shared by all threads of the relay.

    Args:
        directory: exists, and is the relay's alone.

    Raises:
        Unusable: another relay has it, it is damaged, or of a newer version.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        try:
            self._held = (directory / _LOCK).open("w")
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(f"{directory} belongs to another relay; stop it first") from None
        except OSError as error:
            raise Unusable(f"{directory}: {error.strerror}; it has to be writable") from None
        self._connection = connect(directory)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing; on the disk when the block is left.

        Raises:
            sqlite3.Error: the disk is full, or fails.
        """
        with self._lock, transaction(self._connection):
            yield self._connection

    def room_for(self, size: int) -> None:
        """Makes sure that so many bytes can be added.

        Raises:
            Full: they cannot.
        """
        # Twice: a change is written to the log first.
        if shutil.disk_usage(self._directory).free < _RESERVE + 2 * size:
            raise Full

    def close(self) -> None:
        with self._lock:
            self._connection.close()
        self._held.close()


def connect(directory: Path) -> sqlite3.Connection:
    """A connection of one's own, beside a relay that may run.

    Raises:
        Unusable: the file is damaged or of a newer version.
    """
    file = directory / _FILE
    try:
        connection = sqlite3.connect(
            file, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 100")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            schema = (Path(__file__).parent / "schema.sql").read_text()
            connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {_SCHEMA}; COMMIT;")
        elif version != _SCHEMA:
            raise Unusable(f"{file} is of version {version}, this relay knows {_SCHEMA}; update it")
    except sqlite3.Error as error:
        raise Unusable(f"{file}: {error}; if it is damaged, move it away") from None
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have ended it already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
