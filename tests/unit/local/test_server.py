"""A server is started, waited for and ended; one that does not start says why."""

from __future__ import annotations

import sys

import pytest

from local.server import Server, ServerError


def test_a_server_runs_inside_its_block_and_no_longer() -> None:
    command = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")
    with Server(command, ready="/") as server:
        assert server.alive()
        assert server.status("/nothing") == 404
        assert "Directory listing" in server.text("/")
    assert not server.alive()
    assert server.status("/") is None


def test_a_server_that_does_not_start_says_why() -> None:
    server = Server((sys.executable, "-c", "raise SystemExit('no such model')"))
    with pytest.raises(ServerError, match="no such model"):
        server.__enter__()


def test_a_server_hears_nothing_of_the_environment_but_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKERS", "7")
    script = "import os; raise SystemExit(str(os.environ))"
    server = Server((sys.executable, "-c", script), MODEL="ocr")
    with pytest.raises(ServerError, match="'MODEL': 'ocr'") as ended:
        server.__enter__()
    assert f"'PORT': '{server.port}'" in str(ended.value)
    assert "WORKERS" not in str(ended.value)
