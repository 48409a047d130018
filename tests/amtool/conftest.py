"""Alertmanager's programs, and the world around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.toolchain import ensure
from tests.amtool.catcher import Catcher, catching


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The directory of `alertmanager` and `amtool`."""
    return ensure(["alertmanager"], print)["alertmanager"]


@pytest.fixture
def world() -> Iterator[Catcher]:
    """All webhooks."""
    with catching() as catcher:
        yield catcher
