"""What a track may take of the cluster: its priority, and how many accelerators.

A track is a pool's and not a version's. Priority stands in the pods, and a promotion must not
restart them; pods compete for nodes within a pool only.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import NodePool, StackConfig, accelerator_of, asks_for_resource, most_cards
from infra.config.pool_facts import share_of
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE, MANAGED_BY, cluster_wide_name

# Above batch work, which has 0, and below monitoring, which tells of a full cluster.
_VALUES = {"stable": 1000, "canary": 100}
_DESCRIPTIONS = {
    "stable": "Models of paddle-canary",
    "canary": "Models of paddle-canary in canary pools: they wait, and take nobody's place",
}


def priority_classes(config: StackConfig) -> Iterator[Manifest]:
    """One for each track that has a pool."""
    for track in _tracks(config):
        yield {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {
                "name": cluster_wide_name(config.platform, track),
                "labels": dict(MANAGED_BY),
                "annotations": DELETE_AT_ONCE,
            },
            "value": _VALUES[track],
            "preemptionPolicy": "PreemptLowerPriority" if track == "stable" else "Never",
            "description": _DESCRIPTIONS[track],
        }


def quotas(config: StackConfig) -> Iterator[Manifest]:
    """For each track, no more accelerators than its pools have, where all of them say how many.

    In the namespace of each group as much as in the stack's own: a group may use what is free.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/#resource-quota-per-priorityclass
    """
    for track in _tracks(config):
        hard = _hard(pool for pool in config.node_pools.values() if pool.track == track)
        if hard:
            for namespace in config.namespaces:
                yield _quota(config, track, namespace, hard)


def _quota(config: StackConfig, track: str, namespace: str, hard: dict[str, str]) -> Manifest:
    classes = [cluster_wide_name(config.platform, track)]
    scope = {"scopeName": "PriorityClass", "operator": "In", "values": classes}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {
            "name": track,
            "namespace": namespace,
            "labels": dict(MANAGED_BY),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {"hard": hard, "scopeSelector": {"matchExpressions": [scope]}},
    }


def _tracks(config: StackConfig) -> list[str]:
    present = {pool.track for pool in config.node_pools.values()}
    return [track for track in _VALUES if track in present]


def _hard(pools: Iterator[NodePool]) -> dict[str, str]:
    """What pods of these pools may request together, of resources that are known in every pool."""
    known: dict[str, int | None] = {}
    for pool in filter(asks_for_resource, pools):
        for resource, more in _most(pool).items():
            so_far = known.get(resource, 0)
            known[resource] = None if so_far is None or more is None else so_far + more
    return {
        f"requests.{resource}": str(most) for resource, most in known.items() if most is not None
    }


def _most(pool: NodePool) -> dict[str, int | None]:
    """What pods of a pool may request; None where nothing says how much.

    Shares have the resource of whole cards: where a track has pools of both, its sum stops neither
    at its own. The memory that shares ask for stops them.
    """
    most, share, accelerator = most_cards(pool), share_of(pool), accelerator_of(pool)
    found = {pool.accelerator: most}
    if share is not None and accelerator is not None and accelerator.share is not None:
        found[accelerator.share.memory] = None if most is None else most * share.memory
    return found
