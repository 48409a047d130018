"""A server is started, waited for and ended; one that does not start says why."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from local.python_env import ROOT
from local.server import Server, ServerError
from local.service import runs


def test_a_server_runs_inside_its_block_and_no_longer() -> None:
    command = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")
    with Server(command, ready="/") as server:
        assert server.alive()
        assert server.status("/nothing") == 404
        assert "Directory listing" in server.text("/")
    assert not server.alive()
    assert server.status("/") is None


def test_a_server_ends_with_who_started_it_however_that_ends() -> None:
    script = (
        "import os, sys, time; from local.server import Server\n"
        "runs = 'import time; print(1, flush=True); time.sleep(60)'\n"
        "server = Server((sys.executable, '-c', runs))\n"
        "while not server.log(): time.sleep(0.01)\n"
        "print(server.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    started = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    end = time.monotonic() + 10
    while runs(int(started.stdout)):
        assert time.monotonic() < end
        time.sleep(0.01)


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
