"""Sends pages: when they are due, or as fast as the service answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from bench.load.connection import Connection, NoAnswerError
from bench.load.judge import Judge
from bench.load.report import Reply, Report

_T = TypeVar("_T")

# Threads that wait for answers. Requests that are due while all of them wait are sent late, which
# the report shows; a service that refuses what it has no room for never holds so many.
_MOST_WAITING = 256

# Seconds that a closed client rests after no answer, as a crashed service gives none at once.
_REST_S = 0.1


@dataclass(frozen=True)
class Request:
    """What is sent for one page."""

    path: str
    content_type: str
    body: bytes


class Generator:
    """Sends requests to one address, page after page, in the order they were given.

    Answers are judged when all have come: while it runs, the processor belongs to the service.
    """

    def __init__(self, host: str, port: int, requests: Sequence[Request], judge: Judge) -> None:
        self._host, self._port = host, port
        self._requests = requests
        self._judge = judge

    def open(self, arrivals: Iterator[float], seconds: float) -> Report:
        """Sends each request when it arrives (seconds from the start), whatever becomes of others.

        Args:
            seconds: how long requests arrive.
        """
        plan = list(enumerate(arrivals))
        # The connection that was used last is taken next, so that no more are open than needed.
        idle: list[Connection] = []
        started = time.monotonic() + 0.1
        upcoming = _Shared(plan)

        def work(note: Callable[[Reply], None]) -> None:
            for number, due in upcoming:
                time.sleep(max(0.0, started + due - time.monotonic()))
                try:
                    connection = idle.pop()
                except IndexError:
                    connection = Connection(self._host, self._port)
                note(self._send(connection, number, started, due))
                idle.append(connection)

        replies = _in_threads([work] * min(_MOST_WAITING, len(plan)))
        for connection in idle:
            connection.close()
        return self._judged(replies, seconds)

    def closed(self, clients: int, requests: int) -> Report:
        """Each client sends the next request when its last one is answered; `requests` in all."""
        started = time.monotonic()
        upcoming = _Shared(range(requests))

        def work(note: Callable[[Reply], None]) -> None:
            connection = Connection(self._host, self._port)
            for number in upcoming:
                reply = self._send(connection, number, started, None)
                note(reply)
                if not reply.status.isdecimal():
                    time.sleep(_REST_S)
            connection.close()

        replies = _in_threads([work] * clients)
        return self._judged(replies, max(reply.ended for reply in replies))

    def _send(
        self, connection: Connection, number: int, started: float, due: float | None
    ) -> Reply:
        page = number % len(self._requests)
        request = self._requests[page]
        sent = time.monotonic() - started
        status, version, body = "", None, b""
        try:
            response = connection.post(request.path, request.content_type, request.body)
        except NoAnswerError as error:
            status = str(error)
        else:
            status, version, body = str(response.status), response.version, response.body
        ended = time.monotonic() - started
        due = sent if due is None else due
        return Reply(page, due, sent, ended, status, version, body=body)

    def _judged(self, replies: Sequence[Reply], seconds: float) -> Report:
        judged = [replace(reply, right=self._right(reply), body=b"") for reply in replies]
        return Report(seconds, sorted(judged, key=lambda reply: reply.due))

    def _right(self, reply: Reply) -> bool | None:
        if reply.status != "200":
            return None
        return self._judge(reply.page, reply.version, reply.body)


class _Shared(Generic[_T]):
    """An iterator that threads may take from."""

    def __init__(self, items: Iterable[_T]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[_T]:
        return self

    def __next__(self) -> _T:
        with self._lock:
            return next(self._items)


def _in_threads(works: Sequence[Callable[[Callable[[Reply], None]], None]]) -> list[Reply]:
    """What all of them noted, once all have returned."""
    replies: list[Reply] = []
    threads = [threading.Thread(target=work, args=(replies.append,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies
