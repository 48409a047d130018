"""How a change is taken back once it is deployed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from infra.config import StackConfig
from infra.config.version import fewest_pods
from infra.review.admission import best_record, conditions, refusals
from infra.review.traffic import Shift
from infra.traffic import must_be_ready


@dataclass(frozen=True)
class Undo:
    """How to go back.

    at_once: commands that take the requests off the versions that rose; nothing refuses them.
    revert_refused: why the guard would refuse the revert of the whole change; mostly nothing.
    revert_if: what must be true of the time in between for the guard to let the revert through.
    starts: versions whose pods must start again before the old routes come back.
    """

    at_once: tuple[str, ...]
    revert_refused: tuple[str, ...]
    revert_if: tuple[str, ...]
    starts: tuple[str, ...]


def undo(before: StackConfig, after: StackConfig, moved: list[Shift], stack: str | None) -> Undo:
    """How to go from `after` back to `before`."""
    back = before.model_copy(update={"override": None})
    return Undo(
        tuple(_at_once(after, moved, stack)),
        tuple(refusals(after, back)),
        tuple(conditions(after, back)),
        tuple(_starts(back, after)),
    )


def _at_once(after: StackConfig, moved: list[Shift], stack: str | None) -> Iterator[str]:
    of_stack = f" --stack {shlex.quote(stack)}" if stack else ""
    commands = [
        f"pulumi config set{of_stack} --path {shlex.quote(_path(shift))} 0"
        for shift in moved
        if shift.role_after == "canary" and (shift.after or 0) > (shift.before or 0)
    ]
    yield from commands
    if commands:
        yield f"pulumi up{of_stack}"


def _path(shift: Shift) -> str:
    return f"paddle-canary:models.{shift.model}.canary[{json.dumps(shift.version)}]"


def _starts(back: StackConfig, after: StackConfig) -> Iterator[str]:
    for name, model in back.models.items():
        there = after.models.get(name)
        last = None if there is None else best_record(there, model)
        for version in sorted(must_be_ready(model, last)):
            now = None if there is None else there.versions.get(version)
            wanted = model.versions[version]
            has_pods = fewest_pods(wanted) > 0
            if has_pods and (now is None or fewest_pods(now) == 0 or now.image != wanted.image):
                yield f"{name} {version}"
