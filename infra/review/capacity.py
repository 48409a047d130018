"""What a stack asks of its pools: pods, and cards (accelerators)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.config import StackConfig, most_cards
from infra.config.pool_facts import NONE
from infra.config.version import fewest_pods, most_pods


@dataclass(frozen=True)
class Demand:
    """Pods and cards; `most_…` is where autoscalers may go."""

    pods: int = 0
    most_pods: int = 0
    cards: int = 0
    most_cards: int = 0

    def __add__(self, other: Demand) -> Demand:
        return Demand(
            self.pods + other.pods,
            self.most_pods + other.most_pods,
            self.cards + other.cards,
            self.most_cards + other.most_cards,
        )


@dataclass(frozen=True)
class PoolChange:
    """The demand on one pool. `accelerator` is the resource that a card is, or `none`."""

    pool: str
    accelerator: str
    before: Demand
    after: Demand


@dataclass(frozen=True)
class CardChange:
    """Cards of one kind in the whole stack.

    before, after: what may be asked for at the most.
    room_before, room_after: what its pools may have at the most; None where one does not say.
    """

    accelerator: str
    before: int
    after: int
    room_before: int | None
    room_after: int | None


def pool_changes(before: StackConfig, after: StackConfig) -> list[PoolChange]:
    """Every pool on which the demand changes; twice where it gets another kind of card."""
    old, new = _demand(before), _demand(after)
    return [
        PoolChange(*key, old.get(key, Demand()), new.get(key, Demand()))
        for key in dict.fromkeys((*_pools(before), *_pools(after)))
        if old.get(key, Demand()) != new.get(key, Demand())
    ]


def card_changes(before: StackConfig, after: StackConfig) -> list[CardChange]:
    """Every kind of card of which another number is asked for, or may be had."""
    old, new = _demand(before), _demand(after)
    kinds = dict.fromkeys(kind for _, kind in (*_pools(before), *_pools(after)) if kind != NONE)
    found = [
        CardChange(
            kind, _most(old, kind), _most(new, kind), _room(before, kind), _room(after, kind)
        )
        for kind in kinds
    ]
    return [
        each for each in found if (each.before, each.room_before) != (each.after, each.room_after)
    ]


def _pools(config: StackConfig) -> list[tuple[str, str]]:
    return [(name, pool.accelerator) for name, pool in config.node_pools.items()]


def _most(demand: Mapping[tuple[str, str], Demand], kind: str) -> int:
    return sum(each.most_cards for (_, of_pool), each in demand.items() if of_pool == kind)


def _room(config: StackConfig, kind: str) -> int | None:
    """Cards that the pools may have together; 0 where there is no such pool."""
    known = [most_cards(pool) for pool in config.node_pools.values() if pool.accelerator == kind]
    return None if None in known else sum(each for each in known if each is not None)


def _demand(config: StackConfig) -> dict[tuple[str, str], Demand]:
    found: dict[tuple[str, str], Demand] = {}
    for model in config.models.values():
        for version in model.versions.values():
            kind = config.node_pools[version.pool].accelerator
            each = version.resources.accelerators if kind != NONE else 0
            pods, most = fewest_pods(version), most_pods(version)
            demand = Demand(pods, most, pods * each, most * each)
            key = (version.pool, kind)
            found[key] = found.get(key, Demand()) + demand
    return found
