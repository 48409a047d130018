"""Who answers a model's requests, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.config import Model, StackConfig
from infra.guard import wanted_split
from infra.split import Split


@dataclass(frozen=True)
class Shift:
    """Percent of a model's requests for one version; None where it has no route.

    `role_before` and `role_after` are `stable`, `canary`, or empty.
    """

    model: str
    version: str
    before: float | None
    after: float | None
    role_before: str
    role_after: str


def shifts(before: StackConfig, after: StackConfig) -> list[Shift]:
    """The shares of every model whose split changes, of all its routed versions."""
    names = dict.fromkeys((*before.models, *after.models))
    return [
        shift
        for name in names
        for shift in _of_model(name, before.models.get(name), after.models.get(name))
    ]


def _of_model(name: str, before: Model | None, after: Model | None) -> Iterator[Shift]:
    old, new = _split(before), _split(after)
    if old == new:
        return
    for version in dict.fromkeys((*_routed(old), *_routed(new))):
        yield Shift(
            name,
            version,
            _share(old, version),
            _share(new, version),
            _role(old, version),
            _role(new, version),
        )


def _split(model: Model | None) -> Split | None:
    return None if model is None else wanted_split(model)


def _routed(split: Split | None) -> tuple[str, ...]:
    return () if split is None else (split.stable, *split.canary)


def _share(split: Split | None, version: str) -> float | None:
    return split.share(version) if split is not None and version in _routed(split) else None


def _role(split: Split | None, version: str) -> str:
    if split is None or version not in _routed(split):
        return ""
    return "stable" if version == split.stable else "canary"
