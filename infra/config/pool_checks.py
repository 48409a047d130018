"""Rules within pools, and whether what runs in a pool fits into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from infra.config import accelerators
from infra.config.describe import one_of, show
from infra.config.errors import Path, Problem
from infra.config.managed_pools import GkePool, ManagedPool
from infra.config.model import Model
from infra.config.pool import NodePool
from infra.config.pool_facts import (
    NONE,
    accelerator_of,
    cards_of_node,
    most_cards,
    most_nodes,
    node_names,
)
from infra.config.pools import ExistingPool, KarpenterPool
from infra.config.stack import StackConfig
from infra.config.values import show_duration
from infra.config.version import Version, most_pods


def check_pools(config: StackConfig) -> Iterator[Problem]:
    """Find everything that is wrong within pools, and between them and what runs there."""
    yield from _nodes(config)
    for name, pool in config.node_pools.items():
        at: Path = ("nodePools", name)
        if isinstance(pool, ExistingPool):
            yield from _existing(pool, at)
        if isinstance(pool, KarpenterPool):
            yield from _karpenter(pool, at)
        if isinstance(pool, ManagedPool):
            yield from _managed(pool, at)
        yield from _fits(config, name, pool, at)
    for name, model in config.models.items():
        yield from _model(config, model, ("models", name))


def _nodes(config: StackConfig) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, pool in config.node_pools.items():
        for place, node in enumerate(node_names(pool)):
            if node in owners:
                yield Problem(
                    ("nodePools", name, "nodes", place),
                    f"{show(node)}, which nodePools.{owners[node]} has already",
                    "each node once, in one pool",
                )
            owners.setdefault(node, name)


def _existing(pool: ExistingPool, at: Path) -> Iterator[Problem]:
    accelerator = accelerator_of(pool)
    kind = show(pool.accelerator)
    if pool.share and (accelerator is None or accelerator.share is None):
        known = one_of(accelerators.shareable())
        yield Problem(
            (*at, "share"), f"a share of {kind}", f"accelerator: one of {known}, or remove share"
        )
    if pool.product and (accelerator is None or accelerator.product_label is None):
        yield Problem(
            (*at, "product"),
            f"products of {kind}, whose nodes do not tell them",
            "nothing: remove product, and put other products into a pool of their own",
        )
    if pool.dra and (
        accelerator is None or accelerators.selector(accelerator, pool.accelerator) is None
    ):
        yield Problem(
            (*at, "dra"),
            f"claims for {kind}{' in shares' if pool.share else ''}, for which no driver is known",
            "accelerator: nvidia.com/gpu or a MIG profile, without share, or remove dra",
        )
    if pool.cards and accelerator is None:
        yield Problem((*at, "cards"), "cards without an accelerator", "nothing: remove cards")


def _karpenter(pool: KarpenterPool, at: Path) -> Iterator[Problem]:
    if pool.accelerator not in (NONE, *pool.limits):
        yield Problem(
            (*at, "limits", pool.accelerator), "nothing", "the most cards that the pool may have"
        )
    if pool.reserved and pool.budgets:
        yield Problem(
            (*at, "budgets"), "budgets for reserved cards", "one of budgets and reserved, not both"
        )
    for place, each in enumerate(pool.requirements):
        here = (*at, "requirements", place, "values")
        if each.operator in ("In", "NotIn") and not each.values:
            yield Problem(here, "nothing", f"a value or more for {each.operator}")
        if each.operator in ("Exists", "DoesNotExist") and each.values:
            yield Problem(here, f"values for {each.operator}", "nothing: remove values")
        if each.operator in ("Gt", "Lt") and not (
            len(each.values) == 1 and each.values[0].isascii() and each.values[0].isdigit()
        ):
            yield Problem(
                here, show(list(each.values)), f'one number, such as ["4"], for {each.operator}'
            )
    for place, budget in enumerate(pool.budgets):
        if (budget.schedule is None) != (budget.duration is None):
            found, missing = (
                ("schedule", "duration") if budget.schedule else ("duration", "schedule")
            )
            yield Problem(
                (*at, "budgets", place, missing),
                f"nothing besides {found}",
                "both of schedule and duration, or neither",
            )
        if budget.duration is not None and budget.duration % timedelta(minutes=1):
            yield Problem(
                (*at, "budgets", place, "duration"),
                show(show_duration(budget.duration)),
                "whole minutes, such as 8h or 30m: Karpenter knows nothing finer",
            )


def _managed(pool: ManagedPool, at: Path) -> Iterator[Problem]:
    if pool.size.min > pool.size.max:
        yield Problem((*at, "size", "min"), str(pool.size.min), f"at most max, {pool.size.max}")
    if pool.accelerator == NONE:
        if pool.cards:
            yield Problem((*at, "cards"), "cards without an accelerator", "nothing: remove cards")
    elif pool.cards is None:
        yield Problem(
            (*at, "cards"), "nothing", f"how many {pool.accelerator} one node of the pool offers"
        )
    if isinstance(pool, GkePool):
        if pool.accelerator not in (NONE, "nvidia.com/gpu"):
            yield Problem(
                (*at, "accelerator"),
                show(pool.accelerator),
                "nvidia.com/gpu or none: GKE has no other",
            )
        elif (pool.accelerator == NONE) != (pool.card_type is None):
            yield Problem(
                (*at, "cardType"),
                "nothing" if pool.card_type is None else f"{pool.card_type} without an accelerator",
                "the type of the cards, such as nvidia-l4, where there is an accelerator",
            )


def _model(config: StackConfig, model: Model, at: Path) -> Iterator[Problem]:
    for name, version in model.versions.items():
        pool = config.node_pools.get(version.pool)
        accelerator = accelerator_of(pool) if pool else None
        if pool is None or accelerator is None:
            continue
        here = (*at, "versions", name)
        wanted = version.resources.accelerators
        if accelerator.counts and wanted and wanted not in accelerator.counts:
            yield Problem(
                (*here, "resources", "accelerators"),
                f"{wanted} for a pod with {accelerator.name}",
                f"{' or '.join(map(str, accelerator.counts))}, and more replicas",
            )
        if accelerator.is_part and model.isolation == "shared" and _mixes(model, name):
            yield Problem(
                (*at, "isolation"),
                f"shared in nodePools.{version.pool}, whose devices are parts of a card",
                "required: stable and canary would be on one card",
            )


def _mixes(model: Model, name: str) -> bool:
    """Whether another version of the model runs in the same pool."""
    pool = model.versions[name].pool
    return any(other != name and each.pool == pool for other, each in model.versions.items())


def _fits(config: StackConfig, name: str, pool: NodePool, at: Path) -> Iterator[Problem]:
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
    wanted = [
        (f"{model} {v}", most_pods(each) * each.resources.accelerators) for model, v, each in there
    ]
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
