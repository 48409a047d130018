"""The page as its command serves it, in a real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from local import packages
from local.ports import free_port
from tests.api_server import kubeconfig
from tests.page import cluster
from tests.page.cluster import Cluster

ROOT = Path(__file__).parents[2]
TOKEN = "of-the-test"

Open = Callable[..., Page]

# Milliseconds. The page reads every two seconds; a machine that does everything else as well.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser(fonts: None) -> Iterator[Browser]:
    """Debian's Chromium, installed where it is not there, with fonts for Chinese."""
    if shutil.which("chromium") is None:
        packages.install(("chromium",), print)
    with sync_playwright() as playwright:
        # The sandbox wants a user that is not root, which the tests of the cluster are.
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def world() -> Iterator[Cluster]:
    """What the page reads."""
    with cluster.serving() as running:
        yield running


@pytest.fixture
def serve(world: Cluster, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs `python -m rollout page` with more arguments; its address."""
    way = tmp_path / "kubeconfig"
    way.write_text(kubeconfig(world.url))
    started: list[subprocess.Popen[bytes]] = []

    def run(*more: str) -> str:
        port = free_port()
        command = [sys.executable, "-m", "rollout", "page", "--stack", "dev"]
        process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}", *more],
            cwd=ROOT,
            env={**os.environ, "KUBECONFIG": str(way)},
        )
        started.append(process)
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        return f"http://127.0.0.1:{port}"

    yield run
    for process in started:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens an address as somebody whose browser has these settings."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def run(url: str, **settings: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1100, "height": 900}, **settings})  # type: ignore[arg-type]
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: _stay_at_home(request.url, url, wrong))
        page.goto(url)
        return page

    yield run
    for context in opened:
        context.close()
    assert not wrong


def _stay_at_home(asked: str, url: str, wrong: list[str]) -> None:
    if not asked.startswith(url):
        wrong.append(f"asked for {asked}")


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            assert process.poll() is None, "the page's server has ended"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return
