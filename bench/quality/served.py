"""The versions as they are served, and what they read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load.connection import Connection
from bench.pages.draw import Page
from bench.quality.damage import damaged
from local.python_env import ROOT, environment
from local.service import Service
from service.fetch_models import fetch

VERSIONS = ("v1.1", "v1.2")
DAMAGED = "damaged"

# Each weight is off by 2% (one standard deviation): it misreads one letter in 25.
_STRENGTH = 0.02

Read = Callable[[Page], tuple[str, ...]]


def models_in(folder: Path) -> dict[str, Path]:
    """Directories of both versions, and of a v1.2 with a damaged recogniser."""
    fetch(folder / "files")
    models = {}
    for name in (*VERSIONS, DAMAGED):
        models[name] = folder / name
        shutil.copytree(folder / "files", models[name])
        spec = "v1.2" if name == DAMAGED else name
        shutil.copy(ROOT / f"service/models/{spec}.yaml", models[name] / "model.yaml")
    weights = models[DAMAGED] / "rec/inference.pdiparams"
    weights.write_bytes(damaged(weights.read_bytes(), _STRENGTH, seed=1))
    return models


@contextmanager
def served(models: Path) -> Iterator[Service]:
    """A service with the models of a directory."""
    python = environment(ROOT / "service/requirements.txt") / "bin/python"
    with Service(python, models, "v", WORKERS="1", DEADLINE_SECONDS="60") as service:
        yield service


def reader(service: Service) -> Read:
    """From a page to the lines that the service reads of it."""
    connection = Connection("127.0.0.1", service.port)

    def read(page: Page) -> tuple[str, ...]:
        answer = connection.post("/infer", f"image/{page.attributes.format}", page.image)
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}: {answer.body.decode()}")
        return tuple(line["text"] for line in json.loads(answer.body)["lines"])

    return read
