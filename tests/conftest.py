"""What holds for all tests."""

from __future__ import annotations

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

# Most of their time these wait: for scrapes, evaluations, windows.
_WATCHED = {"test_alerts.py", "test_controller.py", "test_monitoring.py", "test_rollout.py"}


class _Lanes(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Three processes that end at about the same time; two of them have a cluster."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        if file.parent.name != "cluster" or file.name == "test_policies.py":
            return "no cluster"
        return "watched" if file.name in _WATCHED else "served"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Lanes | None:
    """What `make test` asks for. xdist's own way, by marks, sees no marks with pytest 9.2."""
    return _Lanes(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def fonts() -> None:
    """The fonts that pages are drawn with, installed where they are not there."""
    with locked(cache_directory() / "fonts.lock"):
        if missing := packages.missing_packages(packages.FONTS):
            packages.install(missing, print)
