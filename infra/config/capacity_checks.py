"""Whether what runs in a pool fits into it, where that can be known."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config.errors import Path, Problem
from infra.config.managed_pools import ManagedPool
from infra.config.pool import NodePool
from infra.config.pool_facts import NONE, cards_of_node, most_cards, most_nodes
from infra.config.pools import ExistingPool
from infra.config.stack import StackConfig
from infra.config.version import Version, most_accelerators, most_pods


def check_capacity(config: StackConfig, name: str, pool: NodePool, at: Path) -> Iterator[Problem]:
    """What may run at once fits, at the upper end of every autoscaler."""
    there = [
        (model_name, version_name, version)
        for model_name, model in config.models.items()
        for version_name, version in model.versions.items()
        if version.pool == name and most_pods(version) and version.resources.accelerators
    ]
    cards = cards_of_node(pool)
    too_large = [
        Problem(
            ("models", model_name, "versions", version_name, "resources", "accelerators"),
            f"{version.resources.accelerators}, while a node of nodePools.{name} has {cards}",
            f"{cards} or less, or another pool",
        )
        for model_name, version_name, version in there
        if cards is not None and version.resources.accelerators > cards
    ]
    yield from too_large
    if pool.accelerator == NONE or too_large:
        return
    room, (known, limit) = most_cards(pool), _where(pool)
    wanted = [(f"{model} {v}", most_accelerators(each)) for model, v, each in there]
    total = sum(cards for _, cards in wanted)
    if room is not None and total > room:
        each = ", ".join(f"{who} {cards}" for who, cards in wanted)
        yield Problem(
            (*at, *limit),
            f"{known} with {room} {pool.accelerator}, of which {total} are wanted ({each})",
            "more, or fewer replicas (autoscale.max) for the versions that run there",
        )
    elif cards is not None:
        yield from _apart(config, name, pool, cards)


def _apart(config: StackConfig, name: str, pool: NodePool, cards: int) -> Iterator[Problem]:
    """Versions of a model, which share no node, find nodes enough."""
    nodes, (known, limit) = most_nodes(pool), _where(pool)
    for model_name, model in config.models.items():
        versions = [each for each in model.versions.values() if each.pool == name]
        needed = _nodes_needed(versions, cards) if model.isolation == "required" else 0
        if nodes is not None and needed > nodes:
            yield Problem(
                ("nodePools", name, *limit),
                f"{known}, while {len(versions)} versions of {model_name}, which share no node, "
                f"need {needed}",
                "more nodes, or park a version (replicas: 0)",
            )


def _nodes_needed(versions: list[Version], cards: int) -> int:
    """Nodes that versions need which share none, each with `cards`."""
    needed = 0
    for version in versions:
        pods, each = most_pods(version), version.resources.accelerators
        fit = cards // each if each else pods
        needed += -(-pods // fit) if pods else 0
    return needed


def _where(pool: NodePool) -> tuple[str, Path]:
    """How the pool says how much there is of it, and the key that says so."""
    if isinstance(pool, ExistingPool):
        return _plural(len(pool.nodes)), ("nodes",)
    if isinstance(pool, ManagedPool):
        return f"at most {_plural(pool.size.max)}", ("size", "max")
    return "a limit", ("limits", pool.accelerator)


def _plural(nodes: int) -> str:
    return "1 node" if nodes == 1 else f"{nodes} nodes"
