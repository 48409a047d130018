"""Stack outputs: what people and programs read of a stack, and the guard's memory in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.config import StackConfig
from infra.guard import Record
from infra.override import Spent
from infra.release import Memory
from infra.split import Split
from infra.traffic import url


def to_outputs(config: StackConfig, memory: Memory) -> dict[str, Any]:
    """`models`, each with host, url and its record; and `overrides`."""
    return {
        "models": {
            name: {
                "host": config.models[name].host,
                "url": url(config, name),
                **_split(record.split),
                "since": {version: _time(at) for version, at in record.since.items()},
                "previous": record.previous,
                "images": dict(record.images),
                "corrected": record.corrected and _time(record.corrected),
            }
            for name, record in memory.records.items()
        },
        "overrides": [
            {
                "model": spent.model,
                **_split(spent.split),
                "reason": spent.reason,
                "at": _time(spent.at),
            }
            for spent in memory.spent
        ],
    }


def from_outputs(outputs: Mapping[str, Any]) -> Memory:
    """The memory in the last outputs; an empty one for a stack that has none yet."""
    return Memory(
        {
            name: Record(
                _read_split(entry),
                {version: _read_time(at) for version, at in entry["since"].items()},
                entry.get("previous"),
                entry["images"],
                _read_time(entry["corrected"]) if entry.get("corrected") else None,
            )
            for name, entry in (outputs.get("models") or {}).items()
        },
        tuple(
            Spent(entry["model"], _read_split(entry), entry["reason"], _read_time(entry["at"]))
            for entry in outputs.get("overrides") or ()
        ),
    )


def _split(split: Split) -> dict[str, Any]:
    return {"stable": split.stable, "canary": dict(split.canary)}


def _read_split(entry: Mapping[str, Any]) -> Split:
    return Split(entry["stable"], dict(entry["canary"]))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
