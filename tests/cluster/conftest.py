"""An embedded platform for all cluster tests of a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import doctor, interrupts
from local.cluster.layout import Layout
from local.cluster.record import running
from local.environment import of_shell
from tests.cluster import serving
from tests.cluster.stacks import Platform, Stack

ROOT = Path(__file__).parents[2]
# Processes of pytest-xdist have an instance each.
_OWN = "-".join(["test", *filter(None, [os.environ.get("PYTEST_XDIST_WORKER")])])
# With another name a developer's own running instance is used, and left running.
NAME = os.environ.get("PADDLE_CANARY_TEST_INSTANCE", _OWN)


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """The instance `NAME`, up for the session. A machine that cannot run it fails in CI."""
    interrupts.deliver()
    layout = Layout(NAME)
    findings = doctor.examine(doctor.look(layout))
    missing = [found for found in findings if found.verdict is doctor.Verdict.MISSING]
    if missing:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop(f"this machine cannot run the cluster tests:\n{doctor.report(missing)}")
    kept = running(layout) is not None
    local = [sys.executable, "-m", "local"]
    if not kept:
        # Whatever a session that was killed has left.
        subprocess.run([*local, "down", "--name", NAME], cwd=ROOT, check=True)
    # On a new machine it builds for a quarter of an hour, and shows how far it is.
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        subprocess.run([*local, "up", "--name", NAME], cwd=ROOT, check=True)
    try:
        yield Platform(of_shell(NAME), layout.url)
    finally:
        if not kept:
            subprocess.run([*local, "down", "--name", NAME], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def new_stack(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Stack]]:
    """Makes stacks by name, each with a checkout and a backend of its own.

    The name is also that of the stack's namespace, which is deleted in the end.
    """
    made: list[Stack] = []

    def make(name: str) -> Stack:
        platform.kubectl("delete", "namespace", name, "--ignore-not-found")
        _forget_priorities(platform, name)
        directory = tmp_path_factory.mktemp(name)
        stack = Stack.create(platform, name, directory / "checkout", directory / "backend")
        made.append(stack)
        init = stack.pulumi("stack", "init")
        assert init.status == 0, init.text
        return stack

    yield make
    for stack in made:
        platform.kubectl("delete", "namespace", stack.name, "--ignore-not-found", "--wait=false")
        _forget_priorities(platform, stack.name)


def _forget_priorities(platform: Platform, namespace: str) -> None:
    """They are in no namespace, and go with none."""
    names = [f"{namespace}-{track}" for track in ("stable", "canary")]
    platform.kubectl("delete", "priorityclass", *names, "--ignore-not-found")


@pytest.fixture(scope="session")
def serving_stack(new_stack: Callable[[str], Stack]) -> Stack:
    """Two versions with a real pod each, for all tests that need pods and not a stack of their own.

    Tests find it as the one before left it: each begins with `serving.begin`.
    """
    stack = new_stack("serving")
    serving.bring_to(stack, ("v1.1", {"v1.2": 20}))
    return stack
