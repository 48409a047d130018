"""A connection that a slow client cannot hold, and on which an answer goes out in one piece."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from typing import Any

# What the head of an answer has that a body follows; and how far to look for it.
_LENGTH, _HEAD = b"\r\nContent-Length: ", 1024


class PatientSocket(socket.socket):
    """Reads and writes within a time; takes over the connection of another socket object.

    A thread serves one request at a time, so a client that sends a byte now and then would hold
    one for ever; a timeout for each read does not end that, a deadline for the request does.

    Args:
        connection: cannot be used any more.
        patience_s: seconds for the whole request, and again for the answer.
    """

    def __init__(self, connection: socket.socket, patience_s: float) -> None:
        super().__init__(fileno=connection.detach())
        self._patience_s = patience_s
        self._until = 0.0
        self._held = False

    def begin(self) -> None:
        """A request begins: its time counts from here."""
        self._until = time.monotonic() + self._patience_s

    def end(self) -> None:
        """The answer is complete: nothing of it waits for more."""
        if self._held:
            self._held = False
            with contextlib.suppress(OSError):  # its client may be gone
                self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def more(self, seconds: float) -> bool:
        """Whether something comes, or the other end closes, within a time."""
        ready = select.poll()
        ready.register(self, select.POLLIN)
        return bool(ready.poll(1000 * seconds))

    def recv(self, *args: Any) -> bytes:  # noqa: ANN401 - as the base class has it
        left = self._until - time.monotonic()
        if left > 0:
            self.settimeout(left)
            try:
                return super().recv(*args)
            except TimeoutError:
                pass
        # What a server expects of clients that go away, and does not complain about.
        raise ConnectionResetError(
            errno.ECONNRESET, f"the request has not come in {self._patience_s:g} s"
        )

    def sendall(self, data: Any, *_: object) -> None:  # noqa: ANN401 - as the base class has it
        # The server sends head and body one after the other. In one packet they cost its receiver
        # one awakening instead of two.
        self._held = _LENGTH in bytes(data[:_HEAD])
        self.settimeout(self._patience_s)
        try:
            super().sendall(data, socket.MSG_MORE if self._held else 0)
        except TimeoutError:
            raise ConnectionResetError(
                errno.ECONNRESET, f"the answer is not taken in {self._patience_s:g} s"
            ) from None
