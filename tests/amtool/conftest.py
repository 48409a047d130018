"""Alertmanager's programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.toolchain import ensure


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The directory of `alertmanager` and `amtool`."""
    return ensure(["alertmanager"], print)["alertmanager"]
