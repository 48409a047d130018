"""Pools whose nodes Karpenter makes: https://karpenter.sh/docs/concepts/nodepools/."""

from __future__ import annotations

from datetime import timedelta

from infra.config import KarpenterPool, show_duration
from infra.config.karpenter import Budget
from infra.isolation import Manifest, pool_labels, pool_taint
from infra.names import DELETE_AT_ONCE, MANAGED_BY

# A node that is empty for a while is given back. One in use stays: to move pods that load a model
# for minutes costs more than half a node saves.
_KEPT_EMPTY = timedelta(minutes=5)
_ONE_AT_A_TIME = [{"nodes": "1"}]
# Not even drift takes a reserved node away: its card would be paid for and idle. Expiration is not
# under budgets (https://karpenter.sh/docs/concepts/disruption/), so it is switched off, too.
_NEVER = {
    "consolidationPolicy": "WhenEmpty",
    "consolidateAfter": "Never",
    "budgets": [{"nodes": "0"}],
}


def node_pool(name: str, pool: KarpenterPool) -> Manifest:
    """The NodePool. Its node class is made elsewhere, and referred to."""
    node: Manifest = {
        "nodeClassRef": pool.node_class.model_dump(),
        "requirements": [
            {
                "key": each.key,
                "operator": each.operator,
                **({"values": list(each.values)} if each.values else {}),
            }
            for each in pool.requirements
        ],
        "taints": [pool_taint(name)],
    }
    if pool.reserved:
        node["expireAfter"] = "Never"
    spec: Manifest = {
        "template": {"metadata": {"labels": pool_labels(name, pool)}, "spec": node},
        "disruption": _NEVER if pool.reserved else _consolidation(pool),
        "limits": {resource: str(most) for resource, most in pool.limits.items()},
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name, "labels": dict(MANAGED_BY), "annotations": DELETE_AT_ONCE},
        "spec": spec,
    }


def _consolidation(pool: KarpenterPool) -> Manifest:
    after = _KEPT_EMPTY if pool.consolidate_after is None else pool.consolidate_after
    return {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": show_duration(after),
        "budgets": _budgets(pool),
    }


def _budgets(pool: KarpenterPool) -> list[Manifest]:
    return [_budget(each) for each in pool.budgets] or _ONE_AT_A_TIME


def _budget(budget: Budget) -> Manifest:
    found: Manifest = {"nodes": budget.nodes}
    if budget.reasons:
        found["reasons"] = list(budget.reasons)
    if budget.schedule is not None and budget.duration is not None:
        # Karpenter knows hours and minutes.
        found |= {"schedule": budget.schedule, "duration": show_duration(budget.duration)}
    return found
