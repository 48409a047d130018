"""What `pulumi refresh --preview-only --json` found, as differences from what was declared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Key = str | int
Values = Mapping[str, Any]

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')
# By which the engine marks what only it can read.
_SECRET = "4dabf18193072939515e22adb298388d"
_OURS = ("pulumi-kubernetes", "paddle-canary")


class NoRefresh(ValueError):
    """The text is not what `pulumi refresh --preview-only --json` prints; `str()` says so."""


@dataclass(frozen=True)
class Difference:
    """A field that is not as declared; `path` is empty for an object that is gone.

    who: field manager that last wrote it, and when; None where the cluster does not tell.
    """

    kind: str
    name: str
    path: str
    declared: str
    live: str
    who: str | None = None


def read(text: str) -> list[Difference]:
    """Every declared field that differs, in the engine's order. Raises NoRefresh.

    Fields that a stack does not declare are others' to set, and no drift.
    """
    try:
        found = json.loads(text)
        steps = [each for each in found["steps"] if each["op"] not in ("same", "refresh")]
    except (ValueError, LookupError, TypeError) as error:
        raise NoRefresh(
            "found no steps; write the output of pulumi refresh --preview-only --json"
        ) from error
    return [difference for step in steps for difference in _of(step)]


def _of(step: Values) -> Iterator[Difference]:
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    kind = str(old.get("type", "")).rpartition(":")[2]
    if not str(old.get("type", "")).startswith("kubernetes:"):
        return
    name = str(old.get("id", ""))
    if step["op"] == "delete":
        yield Difference(kind, name, "", "there", "gone")
        return
    for path in step.get("detailedDiff") or {}:
        keys = keys_of(path)
        declared = _at(old.get("inputs") or {}, keys)
        if declared is None:
            continue
        live = _at(new.get("outputs") or {}, keys)
        if live != declared:
            hidden = kind == "Secret" and keys[0] != "metadata"
            shown = ["[secret]"] * 2 if hidden else [_shown(declared), _shown(live)]
            yield Difference(kind, name, path, shown[0], shown[1], _who(new, keys))


def keys_of(path: str) -> tuple[Key, ...]:
    """The engine's spelling of a path as keys: `metadata.annotations["a/b"]`, `spec.rules[0]`."""
    keys: list[Key] = []
    for quoted, index, plain in _STEP.findall(path):
        keys.append(int(index) if index else plain or json.loads(f'"{quoted}"'))
    return tuple(keys)


def _at(values: Any, keys: Sequence[Key]) -> Any:  # noqa: ANN401 - JSON
    for key in keys:
        try:
            values = values[key]
        except (LookupError, TypeError):
            return None
    return values


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return "[secret]" if _SECRET in text else text


def _who(state: Values, keys: Sequence[Key]) -> str | None:
    """The manager of the field, or of the nearest field above it: the last one that is not ours."""
    entries = _at(state, ("outputs", "metadata", "managedFields")) or ()
    found: list[tuple[int, str, str]] = []
    for entry in entries:
        manager = str(entry.get("manager", ""))
        depth = _depth(entry.get("fieldsV1") or {}, keys)
        if depth and not entry.get("subresource") and not manager.startswith(_OURS):
            found.append((depth, str(entry.get("time", "")), manager))
    if not found:
        return None
    _, time, manager = max(found)
    return f"{manager}, {time}"


def _depth(fields: Values, keys: Sequence[Key]) -> int:
    """How many keys of a path a set of managed fields knows, where it ends at one of its fields.

    0 for a set that knows only what stands beside the path. Lists are known by their elements'
    contents, so that a path into one ends at the list.
    """
    for place, key in enumerate(keys):
        if not fields:
            return place
        below = fields.get(f"f:{key}")
        if below is None:
            return place if isinstance(key, int) else 0
        fields = below
    return len(keys)
