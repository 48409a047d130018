"""What `pulumi preview --json` says: the engine's own word on the stack as it is deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_QUIET = ("same", "read", "refresh")


class NoPreview(ValueError):
    """The text is not what `pulumi preview --json` prints."""


@dataclass(frozen=True)
class Step:
    """One step of the engine: `op` is create, update, replace, delete, …; `fields` differ.

    `name` is the object's, without the namespace that stands before it where groups have the same.
    `package` is the resource's, such as `kubernetes`.
    """

    op: str
    package: str
    kind: str
    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """Steps that change something, and the errors for which there will be no update."""

    steps: tuple[Step, ...]
    errors: tuple[str, ...]


def read(text: str) -> Preview:
    """Read the output of `pulumi preview --json`. Raises NoPreview when it is something else."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise NoPreview(
            f"found no JSON ({error}); write the output of pulumi preview --json"
        ) from None
    if not isinstance(found, dict) or not (
        {"steps", "diagnostics", "changeSummary"} & found.keys()
    ):
        raise NoPreview("found no steps; write the output of pulumi preview --json")
    steps = [_step(each) for each in _list(found.get("steps")) if each.get("op") not in _QUIET]
    errors = [
        str(each.get("message", "")).removeprefix("error:").strip()
        for each in _list(found.get("diagnostics"))
        if each.get("severity") == "error"
    ]
    return Preview(tuple(steps), tuple(error for error in errors if error))


def _list(value: object) -> Sequence[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise NoPreview(
            "steps or diagnostics are no list; write the output of pulumi preview --json"
        )
    return value


def _step(step: Mapping[str, Any]) -> Step:
    urn = str(step.get("urn", ""))
    *_, kinds, name = ("", "", *urn.split("::"))
    kind = kinds.rsplit("$", maxsplit=1)[-1]
    fields = step.get("replaceReasons") or step.get("diffReasons") or ()
    return Step(
        str(step.get("op", "")),
        kind.partition(":")[0],
        kind.rpartition(":")[2],
        name.rpartition("/")[2],
        tuple(str(field) for field in fields),
    )


def unforeseen(preview: Preview, foreseen: set[tuple[str, str]]) -> list[Step]:
    """Steps on Kubernetes objects that the files do not explain: `foreseen` are (kind, name).

    The stack is not what BASE says, or somebody has changed it by hand.
    """
    return [
        step
        for step in preview.steps
        if step.package == "kubernetes" and (step.kind, step.name) not in foreseen
    ]
