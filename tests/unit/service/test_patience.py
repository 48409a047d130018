"""A client that sends or reads too slowly loses its connection, however steadily it goes on."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from service.front.patience import PatientSocket


def _pair(patience_s: float) -> tuple[PatientSocket, socket.socket]:
    ours, theirs = socket.socketpair()
    return PatientSocket(ours, patience_s), theirs


def test_what_comes_in_time_is_read() -> None:
    ours, theirs = _pair(5.0)
    with ours, theirs:
        ours.begin()
        theirs.sendall(b"GET")
        assert ours.recv(10) == b"GET"


def test_a_byte_now_and_then_does_not_hold_the_connection() -> None:
    ours, theirs = _pair(0.2)
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.02):
            theirs.send(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    ours.begin()
    begun = time.monotonic()
    try:
        with pytest.raises(ConnectionResetError, match=r"not come in 0.2 s"):
            while True:
                ours.recv(1)
    finally:
        over.set()
        dripping.join()
        theirs.close()
        ours.close()
    assert time.monotonic() - begun < 5


def test_each_request_has_its_own_time() -> None:
    ours, theirs = _pair(0.05)
    with ours, theirs:
        for _ in range(3):
            ours.begin()
            theirs.sendall(b"x")
            assert ours.recv(1) == b"x"
            time.sleep(0.05)


def test_an_answer_that_nobody_takes_ends_the_connection() -> None:
    ours, theirs = _pair(0.05)
    with ours, theirs, pytest.raises(ConnectionResetError, match="not taken"):
        ours.sendall(b"x" * 10_000_000)


def test_more_is_what_comes_or_an_end_but_not_silence() -> None:
    ours, theirs = _pair(5.0)
    with ours:
        assert not ours.more(0.01)
        theirs.sendall(b"x")
        assert ours.more(5.0)
        ours.begin()
        ours.recv(1)
        theirs.close()
        assert ours.more(5.0)


def _connected(patience_s: float) -> tuple[PatientSocket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        return PatientSocket(listening.accept()[0], patience_s), theirs


def test_head_and_body_of_an_answer_arrive_together() -> None:
    ours, theirs = _connected(5.0)
    with ours, theirs:
        ours.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        ours.sendall(b"text")
        assert theirs.recv(100).endswith(b"\r\n\r\ntext")


def test_a_head_without_a_body_waits_for_nothing_at_the_end() -> None:
    ours, theirs = _connected(5.0)
    with ours, theirs:
        theirs.settimeout(0.05)
        ours.sendall(b"HTTP/1.1 405 METHOD NOT ALLOWED\r\nContent-Length: 0\r\n\r\n")
        with pytest.raises(TimeoutError):
            theirs.recv(100)
        ours.end()
        assert theirs.recv(100).startswith(b"HTTP/1.1 405")
