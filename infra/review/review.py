"""A review: everything that the other modules find, and the verdict on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from infra.config import StackConfig
from infra.config.errors import Path, Problem
from infra.isolation import Manifest
from infra.review.admission import conditions, refusals
from infra.review.capacity import CardChange, PoolChange, card_changes, pool_changes
from infra.review.changes import Change, changes
from infra.review.objects import ObjectChange, object_changes
from infra.review.policies import violations
from infra.review.preview import Preview, Step, unforeseen
from infra.review.risks import Risk, risks
from infra.review.secrets import changed_secrets
from infra.review.traffic import Shift, shifts
from infra.review.undo import Undo, undo

Verdict = Literal["fine", "attention", "refused"]


@dataclass(frozen=True)
class Side:
    """A stack file, before or after: configuration, rendered objects, ciphertexts by path."""

    config: StackConfig
    manifests: tuple[Manifest, ...]
    ciphertexts: Mapping[Path, str]

    @classmethod
    def nothing(cls, like: StackConfig) -> Side:
        """A stack before its first update, with the settings of `like`."""
        none: dict[str, object] = {"models": {}, "override": None}
        if like.owns_platform:
            none |= {"node_pools": {}, "registry": None}
        if like.owns_alerting:
            none |= {"alerting": None}
        return cls(like.model_copy(update=none), (), {})


@dataclass(frozen=True)
class Review:
    """What a change means.

    refused: what the checks, the guard, the policies or the engine say no to.
    unforeseen: steps of the engine that the files do not explain.
    """

    stack: str | None
    refused: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()
    traffic: tuple[Shift, ...] = ()
    pools: tuple[PoolChange, ...] = ()
    cards: tuple[CardChange, ...] = ()
    changes: tuple[Change, ...] = ()
    secrets: tuple[str, ...] = ()
    objects: tuple[ObjectChange, ...] = ()
    undo: Undo = field(default_factory=lambda: Undo((), (), (), ()))
    preview: Preview | None = None
    unforeseen: tuple[Step, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """`refused` before `attention` before `fine`."""
        if self.refused:
            return "refused"
        needs = any(risk.level == "attention" for risk in self.risks) or self.unforeseen
        return "attention" if needs else "fine"


def review(
    before: Side, after: Side, *, stack: str | None = None, preview: Preview | None = None
) -> Review:
    """Review the change from one side to the other."""
    old, new = before.config, after.config
    changed = changes(old, new)
    moved = shifts(old, new)
    pools = pool_changes(old, new)
    objects = object_changes(before.manifests, after.manifests)
    secrets = changed_secrets(before.ciphertexts, after.ciphertexts)
    said = list(violations(new, after.manifests, stack))
    known = set(violations(old, before.manifests, stack))
    advice = [each.text for each in said if each.level == "advisory" and each not in known]
    return Review(
        stack,
        (
            *refusals(old, new),
            *(each.text for each in said if each.level == "mandatory"),
            *(preview.errors if preview else ()),
        ),
        tuple(conditions(old, new)),
        (
            *risks(old, new, changed, objects=objects, pools=pools, secrets=secrets),
            *(Risk("note", text) for text in advice),
        ),
        tuple(moved),
        tuple(pools),
        tuple(card_changes(old, new)),
        tuple(changed),
        tuple(secrets),
        tuple(objects),
        undo(old, new, moved, stack),
        preview,
        tuple(_unforeseen(preview, objects, secrets) if preview else ()),
    )


def of_problems(problems: Iterable[Problem], stack: str | None = None) -> Review:
    """The review of a file that the checks refuse: nothing else can be said of it."""
    return Review(
        stack,
        tuple(f"{f'line {each.line}: ' if each.line else ''}{each}" for each in problems),
    )


def _unforeseen(preview: Preview, objects: list[ObjectChange], secrets: list[str]) -> list[Step]:
    # A node is somebody else's object, of which a stack patches some fields.
    foreseen = {("NodePatch" if each.kind == "Node" else each.kind, each.name) for each in objects}
    return [
        step for step in unforeseen(preview, foreseen) if not (step.kind == "Secret" and secrets)
    ]
