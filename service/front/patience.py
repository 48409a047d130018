"""A socket that ends a request which its client sends, or takes the answer of, too slowly."""

from __future__ import annotations

import errno
import select
import socket
import time
from typing import Any


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

    def begin(self) -> None:
        """A request begins: its time counts from here."""
        self._until = time.monotonic() + self._patience_s

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

    def sendall(self, *args: Any) -> None:  # noqa: ANN401 - as the base class has it
        self.settimeout(self._patience_s)
        try:
            super().sendall(*args)
        except TimeoutError:
            raise ConnectionResetError(
                errno.ECONNRESET, f"the answer is not taken in {self._patience_s:g} s"
            ) from None
