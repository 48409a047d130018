"""What happens to a fleet, by chance: the stack's changes and the nodes' troubles, from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from bench.placement.fleet import KINDS, TRACKS, Machine, Values, stack, version
from infra.config import ConfigErrors, StackConfig, parse

_MOST_REPLICAS = 8
# The previous stable stays warm for a while beside the stable version and its canary.
_MOST_VERSIONS = 3
_ATTEMPTS = 50

_WELL_AGAIN = 0.4
_HIT = 0.02
_RACK = 0.5


def begin(there: list[Machine], models: int, rng: random.Random) -> tuple[Values, StackConfig]:
    """A first stack that fits onto these machines.

    Raises:
        ConfigErrors: none of many does: too many models for so few nodes.
    """
    for _ in range(_ATTEMPTS - 1):
        values = stack(there, models, rng)
        try:
            return values, parse(values)
        except ConfigErrors:
            continue
    values = stack(there, models, rng)
    return values, parse(values)


class Life:
    """Changes of the stack. No version's name comes twice, as no image's tag does."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        # `fleet.stack` has used the first two.
        self._numbers = count(3)

    def go_on(self, values: Values, changes: int) -> tuple[Values, StackConfig]:
        """The stack after some changes, without those that the stack's own checks refuse."""
        kinds: dict[Callable[[Values], Values], int] = {
            self._scale: 50,
            self._restart: 5,
            self._new_canary: 20,
            self._promote: 15,
            self._take_back: 10,
        }
        models = values["models"]
        names = self._rng.sample(list(models), min(changes, len(models)))
        chosen = self._rng.choices(list(kinds), list(kinds.values()), k=len(names))
        made = [(name, change(models[name])) for name, change in zip(names, chosen, strict=True)]
        return _accepted(values, made)

    def _scale(self, model: Values) -> Values:
        name = self._rng.choice(list(model["versions"]))
        replicas = model["versions"][name]["replicas"] + self._rng.choice((-3, -2, -1, 1, 2, 3))
        return _with(model, name, replicas=max(1, min(_MOST_REPLICAS, replicas)))

    def _restart(self, model: Values) -> Values:
        """A variable of the container changes: all its pods are replaced, one after the other."""
        name = self._rng.choice(list(model["versions"]))
        return _with(model, name, env={"SALT": str(self._rng.random())})

    def _new_canary(self, model: Values) -> Values:
        """In any pool but stable's; other versions go when there are too many, or by chance."""
        versions, stable = dict(model["versions"]), model["stable"]
        for old in [each for each in versions if each != stable]:
            if len(versions) >= _MOST_VERSIONS or self._rng.random() < 0.5:
                del versions[old]
        pools = [f"{kind}-{track}" for kind in KINDS for track in TRACKS]
        pools.remove(versions[stable]["pool"])
        name = f"v{next(self._numbers)}"
        versions[name] = version(self._rng.choice(pools), self._rng.randint(1, 2), self._rng)
        return {**model, "canary": {name: 5}, "versions": versions}

    def _promote(self, model: Values) -> Values:
        """The canary takes over, with as many pods as stable had, which stays warm with one."""
        if not model["canary"]:
            return self._new_canary(model)
        canary, stable = next(iter(model["canary"])), model["stable"]
        replicas = model["versions"][stable]["replicas"]
        grown = _with(_with(model, canary, replicas=replicas), stable, replicas=1)
        return {**grown, "stable": canary, "canary": {}}

    def _take_back(self, model: Values) -> Values:
        """No canary any more, and no version but stable."""
        stable = model["stable"]
        return {**model, "canary": {}, "versions": {stable: model["versions"][stable]}}


def _with(model: Values, name: str, **changed: object) -> Values:
    version = {**model["versions"][name], **changed}
    return {**model, "versions": {**model["versions"], name: version}}


def _accepted(values: Values, made: Sequence[tuple[str, Values]]) -> tuple[Values, StackConfig]:
    """With all changes, or, where these are refused, with those of each half that are not."""
    changed = {**values, "models": {**values["models"], **dict(made)}}
    try:
        return changed, parse(changed)
    except ConfigErrors:
        if len(made) < 2:
            return values, parse(values)
    half = len(made) // 2
    return _accepted(_accepted(values, made[:half])[0], made[half:])


@dataclass(frozen=True)
class Troubles:
    """Names of nodes that have failed, are drained, or are gone."""

    failed: frozenset[str] = field(default=frozenset())
    drained: frozenset[str] = field(default=frozenset())
    gone: frozenset[str] = field(default=frozenset())

    def all(self) -> frozenset[str]:
        return self.failed | self.drained | self.gone

    def next(self, there: Sequence[Machine], rng: random.Random) -> Troubles:
        """After a while: some are well again, others are not any more.

        Two nodes in a hundred are hit, and every other time a third of a pool at once: a rack, or a
        pool that is full for those that are left.
        """
        ill = {
            name: kind
            for kind in ("failed", "drained", "gone")
            for name in sorted(getattr(self, kind))
            if rng.random() > _WELL_AGAIN
        }
        hit = [each.name for each in there if rng.random() < _HIT]
        if rng.random() < _RACK:
            pool = rng.choice(there).pool
            own = [each.name for each in there if each.pool == pool]
            hit += rng.sample(own, len(own) // 3)
        for name in hit:
            ill.setdefault(name, rng.choice(("failed", "drained", "gone")))
        return Troubles(
            *(
                frozenset(name for name, each in ill.items() if each == kind)
                for kind in ("failed", "drained", "gone")
            )
        )
