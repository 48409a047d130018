"""One kept-alive HTTP/1.1 connection that costs little: the service needs the processor.

`http.client` takes several times as long for a request, most of it in the e-mail parser.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

VERSION_HEADER = "x-model-version"
_TIMEOUT_S = 60.0
_CHUNK = 65536


class NoAnswerError(Exception):
    """The connection was refused, cut or silent, or what came is no HTTP."""


@dataclass(frozen=True)
class Response:
    """What came back; `version` is None unless a version of the model says that it is its own."""

    status: int
    version: str | None
    body: bytes


class Connection:
    """Not to be shared between threads at one time."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def post(self, path: str, content_type: str, body: bytes) -> Response:
        """Sends one request and waits for its answer.

        Raises:
            NoAnswerError: there is none. A second attempt would hide what a user would have seen,
                so there is none of that either.
        """
        host, port = self._address
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            return self._exchange(head.encode() + body)
        except (OSError, ValueError, KeyError) as error:
            self.close()
            raise NoAnswerError(type(error).__name__) from error

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> Response:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, _TIMEOUT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more(self._socket)
        first, *lines = received[:end].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        parts = [received[end + 4 :]]
        missing = int(headers["content-length"]) - len(parts[0])
        while missing > 0:
            parts.append(self._more(self._socket))
            missing -= len(parts[-1])
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Response(int(first.split()[1]), headers.get(VERSION_HEADER), b"".join(parts))

    @staticmethod
    def _more(connection: socket.socket) -> bytes:
        data = connection.recv(_CHUNK)
        if not data:
            raise ConnectionResetError
        return data
