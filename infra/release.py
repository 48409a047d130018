"""Whether a stack file may be deployed, given what the last update left and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from infra.config import StackConfig
from infra.guard import (
    Record,
    advance,
    as_found,
    image_refusals,
    traffic_refusals,
    wanted_split,
)
from infra.override import Spent, spend
from infra.split import Split
from infra.traffic import must_be_ready


@dataclass(frozen=True)
class Memory:
    """What a stack knows of its past: a record for each model, and the overrides it has spent."""

    records: Mapping[str, Record]
    spent: tuple[Spent, ...] = ()


class Refused(Exception):
    """The guard refuses the change. `str()` is the message for the release engineer."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        lines = "\n".join(f"  {reason}" for reason in reasons)
        super().__init__(f"the guard refuses this change of traffic; nothing was changed\n{lines}")


def found(memory: Memory, live: Mapping[str, Split], now: datetime) -> Memory:
    """The memory corrected by the live routes (`guard.as_found` for each model)."""
    names = {*memory.records, *live}
    records = {
        name: record
        for name in sorted(names)
        if (record := as_found(memory.records.get(name), live.get(name), now)) is not None
    }
    return Memory(records, memory.spent)


def is_roll_back(config: StackConfig, memory: Memory) -> bool:
    """Whether the split of some model changes, and no version of any gets more than it had."""
    models = [(model, memory.records.get(name)) for name, model in config.models.items()]
    changes = any(last is not None and wanted_split(model) != last.split for model, last in models)
    return changes and not any(must_be_ready(model, last) for model, last in models)


def admit(config: StackConfig, memory: Memory, now: datetime) -> Memory:
    """The memory that the update leaves if it succeeds.

    `memory` is what was found before, `now` in UTC.
    Raises `Refused` with every reason when the guard does not let the stack file through.
    """
    override = config.override
    spent_at = (
        next((spent.at for spent in memory.spent if spent.is_of(override)), None)
        if override
        else None
    )
    reasons: list[str] = []
    for name, model in config.models.items():
        last = memory.records.get(name)
        reasons += image_refusals(name, model, last)
        refused = traffic_refusals(name, model, last, now)
        if refused and override is not None and override.model == name:
            if spent_at is None:
                continue
            refused.append(
                f"override: was spent by the update of {spent_at:%Y-%m-%d %H:%M:%S} UTC; remove "
                f"it, or give a new reason if the same change must be forced again"
            )
        reasons += refused
    if reasons:
        raise Refused(reasons)
    records = {
        name: advance(model, memory.records.get(name), now) for name, model in config.models.items()
    }
    newly = (spend(override, now),) if override is not None and spent_at is None else ()
    return Memory(records, memory.spent + newly)
