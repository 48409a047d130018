"""What holds for all tests."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from local import packages
from local.cache import cache_directory, locked

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Most of their time these wait: for scrapes, evaluations, windows.
_WATCHED = {"test_alerts.py", "test_controller.py", "test_monitoring.py", "test_rollout.py"}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Say which process of `make test` runs a test."""
    item.add_marker(pytest.mark.xdist_group(_lane(item.path)))


def _lane(file: Path) -> str:
    """Three that end at about the same time; two of them have a cluster."""
    if file.parent.name != "cluster" or file.name == "test_policies.py":
        return "no cluster"
    return "watched" if file.name in _WATCHED else "served"


@pytest.fixture(scope="session")
def fonts() -> None:
    """The fonts that pages are drawn with, installed where they are not there."""
    with locked(cache_directory() / "fonts.lock"):
        if missing := packages.missing_packages(packages.FONTS):
            packages.install(missing, print)
