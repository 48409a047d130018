"""What a stack asks of its pools: pods, and cards (accelerators)."""

from __future__ import annotations

from dataclasses import dataclass

from infra.config import StackConfig
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


def pool_changes(before: StackConfig, after: StackConfig) -> list[PoolChange]:
    """Every pool on which the demand changes."""
    old, new = _demand(before), _demand(after)
    pools = {**before.node_pools, **after.node_pools}
    return [
        PoolChange(name, pool.accelerator, old.get(name, Demand()), new.get(name, Demand()))
        for name, pool in pools.items()
        if old.get(name, Demand()) != new.get(name, Demand())
    ]


def _demand(config: StackConfig) -> dict[str, Demand]:
    found: dict[str, Demand] = {}
    for model in config.models.values():
        for version in model.versions.values():
            has_cards = config.node_pools[version.pool].accelerator != "none"
            each = version.resources.accelerators if has_cards else 0
            pods, most = fewest_pods(version), most_pods(version)
            demand = Demand(pods, most, pods * each, most * each)
            found[version.pool] = found.get(version.pool, Demand()) + demand
    return found
