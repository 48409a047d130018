"""What stands against a start: everything is told at once, and nothing has been changed yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.config import StackConfig, asks_for_resource, has_fixed_nodes
from infra.config.version import fewest_pods
from infra.split import Split, percent


@dataclass(frozen=True)
class Pods:
    """Pods of one version: how many run, how many of those are ready, how many there should be."""

    running: int
    ready: int
    wanted: int


@dataclass(frozen=True)
class Facts:
    """What the cluster says before a start.

    live: what it routes now; None for a model that has no route.
    pods: by version, for those that are deployed.
    spare: accelerators that no pod has asked for, by pool.
    alerts: what fires, critical, by version.
    checkout: what stands against writing the stack file.
    """

    live: Split | None
    pods: Mapping[str, Pods]
    spare: Mapping[str, int]
    alerts: Mapping[str, tuple[str, ...]]
    checkout: tuple[str, ...] = ()


def objections(config: StackConfig, model: str, new: str, facts: Facts) -> tuple[str, ...]:
    """Every reason why a rollout of `model` to version `new` may not begin; empty when it may."""
    if model not in config.models:
        known = ", ".join(sorted(config.models))
        return (f"models: found no {model}; write one of {known}",)
    if facts.live is None:
        return (f"models.{model}: has no route in the cluster; run pulumi up first",)
    return (
        *_stack_file(config, model, new, facts.live),
        *_stable(model, facts.live.stable, facts),
        *_room(config, model, new, facts),
        *_alerts(facts),
        *facts.checkout,
    )


def _stack_file(config: StackConfig, model: str, new: str, live: Split) -> Iterator[str]:
    wanted = config.models[model]
    if new not in wanted.versions:
        known = ", ".join(wanted.versions)
        yield f"models.{model}.versions: found no {new}; add it, or release one of {known}"
    if new == live.stable:
        yield f"models.{model}.stable: {new} is stable already"
    if wanted.stable != live.stable:
        yield (
            f"models.{model}.stable: the file says {wanted.stable}, the cluster routes "
            f"{live.stable}; run pulumi up, or correct the file"
        )
    for version, weight in live.canary.items():
        if weight > 0:
            yield (
                f'models.{model}.canary["{version}"]: has {percent(weight)}% already; set it to 0 '
                f"and run pulumi up, then begin"
            )
        elif version != new:
            yield (
                f'models.{model}.canary["{version}"]: is still there at 0%; remove it and run '
                f"pulumi up, then begin"
            )


def _stable(model: str, stable: str, facts: Facts) -> Iterator[str]:
    """Stable must be able to carry everything: that is what a roll-back needs."""
    pods = facts.pods.get(stable)
    if pods is None or pods.ready < pods.wanted or pods.ready == 0:
        found = "no pods" if pods is None else f"{pods.ready} of {pods.wanted} pods ready"
        yield f"{model} {stable} has {found}; a roll-back needs all of them"


def _room(config: StackConfig, model: str, new: str, facts: Facts) -> Iterator[str]:
    version = config.models[model].versions.get(new)
    if version is None:
        return
    pool = config.node_pools[version.pool]
    # Nobody knows what waits as claims, nor how many nodes somebody will make for pods that wait.
    if not asks_for_resource(pool) or not has_fixed_nodes(pool):
        return
    running = facts.pods[new].running if new in facts.pods else 0
    wanted = fewest_pods(version)
    needed = max(0, wanted - running) * version.resources.accelerators
    spare = facts.spare.get(version.pool, 0)
    if needed > spare:
        yield (
            f"pool {version.pool} has {spare} spare {pool.accelerator}, {model} {new} needs "
            f"{needed}; add nodes, or give the version fewer replicas"
        )


def _alerts(facts: Facts) -> Iterator[str]:
    for version, names in facts.alerts.items():
        if names:
            yield f"critical alerts fire for {version}: {', '.join(names)}; wait until they end"
