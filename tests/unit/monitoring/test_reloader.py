"""When a server is told that its files have changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from monitoring.reloader import digest, watch


class Stop(Exception):
    """Ends a watch that would go on for ever."""


class Server(HTTPServer):
    status = 200

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.told = 0
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.told += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running
        running.shutdown()


def renew(directory: Path, generation: str) -> None:
    """As the kubelet does: a new directory, then a link that is renamed over the old one."""
    new = directory / f"..{generation}"
    new.mkdir()
    (new / "alertmanager.yml").write_text(generation)
    draft = directory / "..data_tmp"
    draft.symlink_to(new.name)
    draft.rename(directory / "..data")
    shown = directory / "alertmanager.yml"
    if not shown.is_symlink():
        shown.symlink_to("..data/alertmanager.yml")


def looks(url: str, directory: Path, *between: Callable[[], object]) -> None:
    """Watch for as many looks as there are steps, each taken before its look."""
    steps = iter(between)

    def sleep(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise Stop
        step()

    with pytest.raises(Stop):
        watch(directory, url, sleep)


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/-/reload"


def nothing() -> None:
    """A look at what has not changed."""


def test_a_change_is_told_once_and_no_change_never(server: Server, tmp_path: Path) -> None:
    renew(tmp_path, "one")
    looks(url(server), tmp_path, nothing, lambda: renew(tmp_path, "two"), nothing, nothing)
    assert server.told == 1


def test_what_is_refused_is_not_told_again_until_it_changes(server: Server, tmp_path: Path) -> None:
    renew(tmp_path, "one")
    server.status = 500
    looks(url(server), tmp_path, lambda: renew(tmp_path, "two"), nothing)
    assert server.told == 1
    looks(url(server), tmp_path, lambda: renew(tmp_path, "three"))
    assert server.told == 2


def test_a_server_that_does_not_answer_is_asked_again(server: Server, tmp_path: Path) -> None:
    renew(tmp_path, "one")
    server.shutdown()
    server.server_close()
    later: list[Server] = []
    looks(
        url(server),
        tmp_path,
        lambda: renew(tmp_path, "two"),
        lambda: later.append(Server(server.server_port)),
        nothing,
    )
    (started,) = later
    started.shutdown()
    started.server_close()
    assert started.told == 1


def test_names_count_as_contents_do(tmp_path: Path) -> None:
    renew(tmp_path, "one")
    before = digest(tmp_path)
    (tmp_path / "more.yml").write_text("")
    assert digest(tmp_path) != before
