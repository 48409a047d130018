"""What holds for all tests."""

from __future__ import annotations

import hypothesis
import pytest

from local import packages
from local.cache import cache_directory, locked

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def fonts() -> None:
    """The fonts that pages are drawn with, installed where they are not there."""
    with locked(cache_directory() / "fonts.lock"):
        if missing := packages.missing_packages(packages.FONTS):
            packages.install(missing, print)
