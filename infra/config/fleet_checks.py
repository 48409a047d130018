"""Rules between stacks of one platform, whose files are checked together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from infra.config.describe import show
from infra.config.errors import Problem
from infra.config.pool_facts import most_cards
from infra.config.stack import StackConfig
from infra.config.version import most_accelerators


def check_fleet(stacks: Mapping[str, StackConfig]) -> Iterator[tuple[str, Problem]]:
    """Find what is wrong between stacks, by the name of the stack; others may be among them."""
    fleets: dict[str, dict[str, StackConfig]] = defaultdict(dict)
    for name, config in stacks.items():
        fleets[config.root(name)][name] = config
    for fleet in fleets.values():
        yield from _namespaces(fleet)
        yield from _routes(fleet)
        yield from _cards(fleet)


def _namespaces(fleet: Mapping[str, StackConfig]) -> Iterator[tuple[str, Problem]]:
    owners: dict[str, str] = {}
    for name, config in fleet.items():
        owner = owners.setdefault(config.namespace, name) if config.models else name
        if owner != name:
            found = f"{show(config.namespace)}, where the models of stack {owner} are"
            yield name, Problem(("namespace",), found, "a group that no other stack has")


def _routes(fleet: Mapping[str, StackConfig]) -> Iterator[tuple[str, Problem]]:
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for name, config in fleet.items():
        for model_name, model in config.models.items():
            owner, other = owners.setdefault((model.host, model.path), (name, model_name))
            if owner != name:
                found = f"{show(model.host)} with path {show(model.path)}, as models.{other} has"
                yield (
                    name,
                    Problem(
                        ("models", model_name, "host"),
                        f"{found} in stack {owner}",
                        "another host or path",
                    ),
                )


def _cards(fleet: Mapping[str, StackConfig]) -> Iterator[tuple[str, Problem]]:
    pools = next(iter(fleet.values())).node_pools
    for pool_name, pool in pools.items():
        wanted = {name: _wanted(config, pool_name) for name, config in fleet.items()}
        room, total = most_cards(pool), sum(wanted.values())
        # What one stack wants by itself has been checked with its file.
        if room and total > room and max(wanted.values()) <= room:
            each = ", ".join(f"{name} {cards}" for name, cards in wanted.items() if cards)
            found = f"{room} {pool.accelerator}, of which all stacks want {total} ({each})"
            write = "more, or fewer replicas (autoscale.max) in one of them"
            yield next(iter(fleet)), Problem(("nodePools", pool_name), found, write)


def _wanted(config: StackConfig, pool: str) -> int:
    return sum(
        most_accelerators(version)
        for model in config.models.values()
        for version in model.versions.values()
        if version.pool == pool
    )
