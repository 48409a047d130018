"""What the guard will say of a change, as far as the files tell.

The guard compares with the last update and with live routes, which a review does not have. It asks
here twice: what even the best past would not allow is refused for certain, and what only some pasts
allow is told as a condition. Both take BASE to be what is deployed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from infra.config import Model, StackConfig, show_duration
from infra.guard import Record, wanted_split
from infra.release import Memory, Refused, admit
from infra.split import percent

_NOW = datetime(2000, 1, 1, tzinfo=UTC)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def best_record(model: Model, wanted: Model) -> Record:
    """The record of `model` that lets most through: windows over, and `wanted.stable` remembered.

    Only a version that has kept its image can be the stable before this one.
    """
    split = wanted_split(model)
    warm = model.versions.get(wanted.stable)
    same = warm is not None and warm.image == wanted.versions[wanted.stable].image
    previous = wanted.stable if same and wanted.stable != model.stable else None
    images = {version: each.image for version, each in model.versions.items()}
    routed = (split.stable, *split.canary)
    return Record(split, dict.fromkeys(routed, _LONG_AGO), previous, images)


def best_records(before: StackConfig, after: StackConfig) -> dict[str, Record]:
    """`best_record` of each model that is in both."""
    return {
        name: best_record(model, after.models[name])
        for name, model in before.models.items()
        if name in after.models
    }


def refusals(before: StackConfig, after: StackConfig) -> list[str]:
    """Why the guard refuses the change whatever the past; nothing when some past allows it."""
    try:
        admit(after, Memory(best_records(before, after)), _NOW)
    except Refused as refused:
        return refused.reasons
    return []


def conditions(before: StackConfig, after: StackConfig) -> list[str]:
    """What must be true of the past for the guard to let the change through."""
    overridden = after.override.model if after.override else None
    return [
        f"models.{name}: {condition}"
        for name, model in after.models.items()
        if name in before.models and name != overridden
        for condition in _conditions(before.models[name], model)
    ]


def _conditions(before: Model, after: Model) -> Iterator[str]:
    split = wanted_split(before)
    window = show_duration(after.rollout.window)
    for version, weight in after.canary.items():
        share = split.share(version)
        if weight > share > 0:
            yield f"{version} has had its {percent(share)}% for a whole window of {window}"
    new = after.stable
    if new == split.stable:
        return
    if new in split.canary and split.share(new) >= after.rollout.steps[-1]:
        yield f"{new} has had its {percent(split.share(new))}% for a whole window of {window}"
    elif new in before.versions:
        yield (
            f"{new} is the stable version before {split.stable}, and its image is still the one "
            f"it had then"
        )
