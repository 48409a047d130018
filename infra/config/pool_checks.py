"""Rules within pools, and whether what runs in a pool fits into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from infra.config import accelerators
from infra.config.capacity_checks import check_capacity
from infra.config.describe import one_of, show
from infra.config.errors import Path, Problem
from infra.config.karpenter import KarpenterPool
from infra.config.managed_pools import GkePool, ManagedPool
from infra.config.model import Model
from infra.config.pool_facts import NONE, accelerator_of, node_names
from infra.config.pools import ExistingPool
from infra.config.stack import StackConfig
from infra.config.values import show_duration


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
        yield from check_capacity(config, name, pool, at)
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
    if pool.consolidate_after is not None:
        yield from _consolidation(pool, pool.consolidate_after, (*at, "consolidateAfter"))
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


def _consolidation(pool: KarpenterPool, after: timedelta, at: Path) -> Iterator[Problem]:
    if pool.reserved:
        yield Problem(
            at, "a time for reserved cards", "one of consolidateAfter and reserved, not both"
        )
    if after % timedelta(seconds=1):
        yield Problem(
            at,
            show(show_duration(after)),
            "whole seconds, such as 90s or 5m: Karpenter knows nothing finer",
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
