from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local.load.answers import tally
from local.load.client import Client, Target, ask
from local.load.generator import Load, capacity, pages


class _Model(BaseHTTPRequestHandler):
    """Answers as a version does: 200 with an image, 400 without; `X-Break` asks for trouble."""

    protocol_version = "HTTP/1.1"
    connections: set[object]

    def do_POST(self) -> None:
        self.connections.add(self.client_address)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        trouble = self.headers.get("X-Break")
        if trouble == "hang up":
            self.close_connection = True
            return
        time.sleep(0.05 if body else 0)
        self.send_response(502 if trouble == "status" else 200 if body else 400)
        if trouble != "anonymous":
            self.send_header("X-Model-Version", "v1.1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[Target]:
    _Model.connections = set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Target(f"http://127.0.0.1:{server.server_port}", "ocr.example.com")
    server.shutdown()
    server.server_close()


def test_a_client_keeps_its_connection(model: Target) -> None:
    answers = ask(model, 10)

    assert tally(answers).versions == {"v1.1": 10}
    assert len(_Model.connections) == 1


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [
        ("hang up", "RemoteDisconnected"),
        ("status", "HTTP 502"),
        ("anonymous", "HTTP 400"),
    ],
)
def test_a_failed_request_counts_once_and_is_not_tried_again(
    model: Target, trouble: str, failure: str
) -> None:
    client = Client(Target(model.url, model.host, {"X-Break": trouble}))

    answers = [client.who_answers(), client.who_answers()]

    assert tally(answers).failures == {failure: 2}


def test_nobody_listening_is_a_failed_request() -> None:
    (answer,) = ask(Target("http://127.0.0.1:1", "ocr.example.com"), 1)

    assert answer.failure == "ConnectionRefusedError"


def test_load_keeps_its_rate_though_answers_take_longer_than_the_gap(model: Target) -> None:
    with Load(model, [b"page"], rate=100) as load:
        mark = load.mark()
        load.wait_for(50, mark)
        answers = load.since(mark)

    span = answers[-1].sent - answers[0].sent
    assert tally(answers).failed == 0
    # One client alone would reach 20.
    assert 40 < len(answers) / span < 120


def test_since_counts_what_was_sent_after_the_mark_and_waits_for_it(model: Target) -> None:
    with Load(model, [b"page"], rate=100) as load:
        load.wait_for(10, load.mark())
        mark = load.mark()
        load.wait_for(10, mark)
        until = load.mark()
        answers = load.since(mark)
        load.wait_for(10, until)
        later = load.since(mark)

    assert all(mark <= answer.sent for answer in answers)
    assert sum(answer.sent < until for answer in answers) >= 10
    assert {answer for answer in later if answer.sent < until} <= set(answers)


def test_load_ends_with_its_context(model: Target) -> None:
    threads = threading.active_count()
    with Load(model, [b"page"], rate=10) as load:
        load.wait_for(1, load.mark())

    # The server, in this process too, ends the clients' connections a moment later.
    deadline = time.monotonic() + 5
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= threads


def test_capacity_is_what_clients_reach_together(model: Target) -> None:
    assert 1 / 0.05 < capacity(model, [b"page"], 0.5, 4) <= 4 / 0.05


def test_pages_are_different_images() -> None:
    assert len(set(pages())) == len(pages())
    assert all(page.startswith(b"\x89PNG") for page in pages())
