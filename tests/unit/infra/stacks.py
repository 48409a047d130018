"""Stacks with one model, `ocr`, as the tests of the guard and of the routes need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.config import StackConfig, parse
from infra.guard import Record
from infra.split import Split

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=30)
LONG_AGO = NOON - 10 * WINDOW
VERSIONS = ("v1.1", "v1.2", "v1.3")


def image(version: str) -> str:
    """The image that a version has unless a test says otherwise."""
    return f"registry.example.com/ocr:{version}"


def stack(
    stable: str = "v1.1",
    canary: Mapping[str, float] | None = None,
    *,
    versions: Sequence[str] = VERSIONS,
    images: Mapping[str, str] | None = None,
    gateway: bool = True,
    override: Mapping[str, object] | None = None,
    edits: Mapping[str, object] | None = None,
) -> StackConfig:
    """A right stack; `edits` are merged into its model."""
    model: dict[str, Any] = {
        "host": "ocr.example.com",
        "stable": stable,
        "canary": dict(canary or {}),
        "isolation": "shared",
        "versions": {
            name: {"image": (images or {}).get(name, image(name)), "pool": "gpu"}
            for name in versions
        },
        "rollout": {"steps": [5, 20, 50, 100], "window": "30m"},
        **(edits or {}),
    }
    values: dict[str, object] = {
        "nodePools": {"gpu": {"provider": "existing", "nodes": ["node-1"], "track": "stable"}},
        "models": {"ocr": model},
    }
    if gateway:
        values |= {"dataPlane": "gateway", "gateway": {"name": "public", "namespace": "traefik"}}
    if override is not None:
        values["override"] = dict(override)
    return parse(values)


def record(
    stable: str = "v1.1",
    canary: Mapping[str, float] | None = None,
    *,
    previous: str | None = None,
    since: datetime = LONG_AGO,
) -> Record:
    """What an update left that put this split up at `since`."""
    split = Split(stable, dict(canary or {}))
    names = (stable, *split.canary)
    known = {*names, previous} - {None}
    return Record(
        split,
        dict.fromkeys(names, since),
        previous,
        {version: image(version) for version in VERSIONS if version in known},
    )
