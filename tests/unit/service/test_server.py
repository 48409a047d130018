"""A thread of the front stays with a connection that sends on, as long as no other needs it."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from service.front.server import FrontProcess


def _requests_of_one_turn(monkeypatch: pytest.MonkeyPatch, *, connections: int) -> int:
    """How many of three requests a thread answers before it gives the connection back."""
    ours, theirs = socket.socketpair()
    conn = SimpleNamespace(sock=ours)
    answered = 0

    def answer(_self: ThreadWorker, conn: SimpleNamespace) -> bool:
        nonlocal answered
        answered += 1
        conn.sock.recv(1)
        return True

    monkeypatch.setattr(ThreadWorker, "handle", answer)
    process = object.__new__(FrontProcess)
    process.alive, process.nr_conns = True, connections
    process.cfg = SimpleNamespace(threads=80)
    process.app = SimpleNamespace(settings=SimpleNamespace(read_s=5.0))
    with theirs:
        theirs.sendall(b"123")
        assert process.handle(conn) is True
    conn.sock.close()
    return answered


def test_a_thread_stays_while_there_is_one_for_each_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _requests_of_one_turn(monkeypatch, connections=79) == 3


def test_a_thread_goes_on_when_connections_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _requests_of_one_turn(monkeypatch, connections=80) == 1
