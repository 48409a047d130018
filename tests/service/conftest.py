"""An environment with paddle, the real models, and servers that several tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.python_env import environment
from local.service import Service
from service import fetch_models

_SERVICE = Path(fetch_models.__file__).parent

# On a busy machine a page takes many times what it does otherwise.
_PATIENT = {"DEADLINE_SECONDS": "60"}


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter of the serving container's environment, or of the GPU image's.

    The CPU's unless SERVICE_REQUIREMENTS=requirements-gpu.txt; paddlepaddle-gpu runs on a CPU too.
    """
    chosen = os.environ.get("SERVICE_REQUIREMENTS", "requirements.txt")
    return environment(_SERVICE / chosen) / "bin/python"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Version -> model directory."""
    folder = tmp_path_factory.mktemp("models")
    fetch_models.fetch(folder / "files")
    for spec in (_SERVICE / "models").glob("*.yaml"):
        shutil.copytree(folder / "files", folder / spec.stem)
        shutil.copy(spec, folder / spec.stem / "model.yaml")
    return {version: folder / version for version in ("v1.1", "v1.2")}


@pytest.fixture(scope="session")
def services(python: Path, models: dict[str, Path]) -> Iterator[dict[str, Service]]:
    """By version; they start at the same time."""
    started = {
        version: Service(python, models[version], version, WORKERS=workers, **_PATIENT)
        for version, workers in (("v1.1", "1"), ("v1.2", "2"))
    }
    with ExitStack() as stack:
        yield {version: stack.enter_context(service) for version, service in started.items()}


@pytest.fixture(scope="session")
def v1_1(services: dict[str, Service]) -> Service:
    """v1.1 with one worker."""
    return services["v1.1"]


@pytest.fixture(scope="session")
def v1_2(services: dict[str, Service]) -> Service:
    """v1.2 with two workers."""
    return services["v1.2"]
