"""What holds for all tests."""

from __future__ import annotations

import os
from pathlib import PurePath

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from local import packages
from local.cache import cache_directory, locked

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_WATCHING = {"test_alerts.py", "test_controller.py", "test_monitoring.py"}
_SHORT = {"test_policies.py", "test_rollout.py"}
_LANES = 3
# Bytes of memory that as many clusters need beside the models that tests load.
_ROOM = 18 << 30


class _Lanes(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Processes that end at about the same time: most of its time a test waits."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        if file.name in _WATCHING:
            return "watching"
        return "serving" if file.parent.name == "cluster" and file.name not in _SHORT else "rest"


def _laned(config: pytest.Config) -> bool:
    """Whether this is `make test`. xdist's own groups, by marks, find no marks with pytest 9.2."""
    return bool(config.getvalue("dist") == "loadgroup")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Lanes | None:
    """Lanes instead of groups."""
    return _Lanes(config, log) if _laned(config) else None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A process for each lane, with a cluster of its own; on a small machine one for all."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (_LANES if memory >= _ROOM else 1) if _laned(config) else None


@pytest.fixture(scope="session")
def fonts() -> None:
    """The fonts that pages are drawn with, installed where they are not there."""
    with locked(cache_directory() / "fonts.lock"):
        if missing := packages.missing_packages(packages.FONTS):
            packages.install(missing, print)
