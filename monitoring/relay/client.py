"""The one way out: a POST to a robot's own host, without redirects and proxies."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection

from monitoring.relay.robots.kind import Request

# Seconds to connect, for one answer in pieces, and for all of it: a robot that sends a byte now
# and then must not hold its courier.
_CONNECT_S, _READ_S, _WHOLE_S = 3.0, 5.0, 10.0

_LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Unreachable(Exception):
    """No answer has come. Says nothing of the address, which holds the token.

    Args:
        certain: the robot cannot have the message, since it was never sent.
    """

    def __init__(self, why: str, *, certain: bool) -> None:
        super().__init__(why)
        self.certain = certain


class Client:
    """Args:
    url: scheme, host and port of the only place that is ever called.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port

    def post(self, request: Request) -> Answer:
        """Sends a request over a connection of its own: an old one may be half closed, and then
        nobody knows whether the request arrived.

        Raises:
            Unreachable: no answer, or not all of it.
        """
        connection = self._connection()
        ended = threading.Timer(_WHOLE_S, _end, [connection])
        ended.daemon = True
        sent = False
        try:
            connection.connect()
            ended.start()
            sent = True
            connection.timeout = _READ_S
            connection.sock.settimeout(_READ_S)
            headers = {"Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", request.path, request.body, headers, preload_content=False)
            response = connection.getresponse()
            return Answer(response.status, response.read(_LONGEST_ANSWER))
        except Exception as error:
            # Its text may hold the path, and so the token.
            raise Unreachable(_kind(error), certain=not sent) from None
        finally:
            ended.cancel()
            connection.close()

    def _connection(self) -> HTTPConnection:
        if self._secure:
            return HTTPSConnection(
                self._host, self._port, timeout=_CONNECT_S, ca_certs=certifi.where()
            )
        return HTTPConnection(self._host, self._port, timeout=_CONNECT_S)


def _end(connection: HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _kind(error: BaseException) -> str:
    """The kinds of errors, from the outermost to its cause, without their texts."""
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < 4:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return "no answer: " + " < ".join(names)
