"""What could go wrong with a change, and what a reviewer should know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from infra.config import Model, StackConfig
from infra.config.errors import show_path
from infra.config.version import most_pods
from infra.guard import wanted_split
from infra.names import MODEL, VERSION
from infra.review.capacity import PoolChange
from infra.review.changes import Change
from infra.review.objects import ObjectChange
from infra.split import percent

# A pod with half as much again as a pod of stable has ever had is beyond what anybody has seen.
_BUSIER = 1.5
_ROUTES = ("Ingress", "HTTPRoute")


@dataclass(frozen=True)
class Risk:
    """One thing to know. `attention` makes a gate ask for a person, `note` does not."""

    level: Literal["attention", "note"]
    text: str


def risks(
    before: StackConfig,
    after: StackConfig,
    changed: Iterable[Change],
    *,
    objects: Iterable[ObjectChange],
    pools: Iterable[PoolChange],
    secrets: Iterable[str],
) -> list[Risk]:
    """Everything to know of a change, what needs attention first."""
    found = [
        *_overridden(after),
        *_of_models(before, after),
        *_of_objects(after, objects),
        *(risk for change in changed for risk in _of_change(change)),
        *(_of_secret(line) for line in secrets),
        *_of_pools(pools),
    ]
    return sorted(found, key=lambda risk: risk.level != "attention")


def _attention(text: str) -> Risk:
    return Risk("attention", text)


def _note(text: str) -> Risk:
    return Risk("note", text)


def _overridden(after: StackConfig) -> Iterator[Risk]:
    if after.override is not None:
        yield _attention(
            f"the guard is overruled for {after.override.model}: {after.override.reason.strip()}"
        )


def _of_models(before: StackConfig, after: StackConfig) -> Iterator[Risk]:
    for name, model in before.models.items():
        if name not in after.models:
            yield _attention(
                f"{name} goes: requests to {model.host}{model.path} find no model, and its pods, "
                f"routes and alerts are deleted"
            )
        else:
            yield from _of_model(name, model, after.models[name])
    for name in after.models:
        if name not in before.models:
            yield _note(f"{name} is new: the guard lets a first deployment have any split")


def _of_model(name: str, before: Model, after: Model) -> Iterator[Risk]:
    old, new = wanted_split(before), wanted_split(after)
    if new.stable != old.stable:
        if old.stable in after.versions:
            yield _note(
                f"{name}: stable turns from {old.stable} to {new.stable}; {old.stable} stays warm"
            )
        else:
            yield _attention(
                f"{name}: {old.stable} leaves `versions` as it stops being stable: going back to "
                f"it is a new canary from the first step; keep it until {new.stable} has proved "
                f"itself"
            )
    for version in before.versions.keys() - after.versions.keys() - {old.stable}:
        if old.share(version) > 0:
            yield _attention(
                f"{name}: {version} leaves `versions` while {percent(old.share(version))}% of the "
                f"requests go to it; take its weight to 0 first"
            )
        else:
            yield _note(f"{name}: {version} leaves `versions`; nobody's requests go to it")
    yield from _fewer_pods(name, before, after)
    yield from _busier_pods(name, before, after)


def _fewer_pods(name: str, before: Model, after: Model) -> Iterator[Risk]:
    split = wanted_split(after)
    for version, spec in after.versions.items():
        was = before.versions.get(version)
        share = split.share(version)
        if was is not None and most_pods(spec) < most_pods(was) and share > 0:
            yield _attention(
                f"{name}: {version} goes from {most_pods(was)} to {most_pods(spec)} pods while "
                f"{percent(share)}% of the requests go to it"
            )


def _busier_pods(name: str, before: Model, after: Model) -> Iterator[Risk]:
    """Pods of a version that rises, against what those of stable have borne."""
    old, new = wanted_split(before), wanted_split(after)
    known = 100 / max(1, most_pods(before.versions[old.stable]))
    for version in (new.stable, *new.canary):
        pods = most_pods(after.versions[version])
        share = new.share(version)
        # Stable has had all requests before: a roll-back must not be held up.
        if version == old.stable or share <= old.share(version) or pods == 0:
            continue
        factor = share / pods / known
        if factor > _BUSIER:
            yield _attention(
                f"{name}: a pod of {version} will get {factor:.1f} times what one of {old.stable} "
                f"gets when that is alone ({percent(share)}% on {pods}); raise `replicas` first"
            )


def _of_objects(after: StackConfig, objects: Iterable[ObjectChange]) -> Iterator[Risk]:
    for each in objects:
        labels = each.labels or {}
        name, version = labels.get(MODEL), labels.get(VERSION)
        model = after.models.get(name) if name else None
        if each.action in ("delete", "replace") and each.kind in _ROUTES and model is not None:
            yield _attention(
                f"{each.kind} {each.name} is {each.action}d: requests may fail until the new route "
                f"is live"
            )
        if not each.restarts:
            continue
        share = wanted_split(model).share(version) if model and version else 0
        if share > 0:
            yield _attention(
                f"pods of {name} {version} restart, one after the other, while "
                f"{percent(share)}% of the requests go to them"
            )
        else:
            yield _note(f"pods of {each.name} restart")


def _of_change(change: Change) -> Iterator[Risk]:
    path = show_path(change.path)
    if change.loosens:
        yield _attention(f"{path} is looser: {_meaning(change)}")
    elif change.path == ("alerting",) and change.after is None:
        yield _attention("alerting goes: nothing is measured and nobody is told")
    elif change.topic == "people":
        yield _attention(f"{path}: who is told, or when, is not as before")
    elif change.topic == "routes":
        yield _attention(f"{path}: clients reach the model in another way, or not at all")


def _meaning(change: Change) -> str:
    if change.path[0] == "models" and change.path[2] == "rollout":
        return "a release may go faster, on less evidence"
    if change.path[-1] == "isolation":
        return "a canary that exhausts a device takes stable with it"
    return "trouble is told later, or not at all"


def _of_secret(line: str) -> Risk:
    return _note(f"secret {line}") if line.endswith(" is new") else _attention(f"secret {line}")


def _of_pools(pools: Iterable[PoolChange]) -> Iterator[Risk]:
    for pool in pools:
        more = pool.after.most_cards - pool.before.most_cards
        if more > 0:
            yield _note(
                f"{pool.pool} must have {more} more free ({pool.accelerator}); pods that find none "
                f"wait, and routes wait for them"
            )
