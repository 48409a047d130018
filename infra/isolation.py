"""What keeps workloads apart: nodes, pods of other versions, and what a pod may do."""

from __future__ import annotations

from typing import Any

from infra.config import ExistingPool, NodePool, accelerator_of, has_fixed_nodes
from infra.config.accelerators import labels_of_nodes
from infra.names import MANAGED_BY, MODEL, POOL, TRACK, VERSION, selector

Manifest = dict[str, Any]

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
# An id that no account of a node has, so that a process that breaks out owns nothing there.
USER = 10001


def namespace(name: str) -> Manifest:
    """The namespace of all models, under the `restricted` Pod Security Standard."""
    levels = {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
    }
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {**MANAGED_BY, **levels}},
    }


def placement(model: str, version: str, pool_name: str, pool: NodePool, shared: bool) -> Manifest:
    """The part of a pod's spec that says on which nodes it may run.

    Pods of one version never share a node with pods of another version of the model, nor then a
    card, unless the model says `isolation: shared`. The rule speaks of versions and not of tracks:
    what is canary today is stable tomorrow, and its pods must not restart for that.
    """
    tolerations = [pool_toleration(pool_name)]
    taint = accelerator_taint(pool)
    if taint is not None:
        tolerations.append({"key": taint, "operator": "Exists", "effect": "NoSchedule"})
    spec: Manifest = {
        "nodeSelector": {POOL: pool_name},
        "tolerations": tolerations,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector(model, version)},
            }
            for key in _spread_over(pool)
        ],
    }
    affinity = _products(pool)
    if not shared:
        others = {
            "matchLabels": {MODEL: model},
            "matchExpressions": [{"key": VERSION, "operator": "NotIn", "values": [version]}],
        }
        affinity["podAntiAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": others, "topologyKey": key} for key in _apart_by(pool)
            ]
        }
    if affinity:
        spec["affinity"] = affinity
    return spec


def _apart_by(pool: NodePool) -> tuple[str, ...]:
    """Topology keys of what two versions never share.

    A node, and the machine beneath where the pool names its label. Nodes that clouds make with
    accelerators are not told apart further: their cards are handed through whole.
    """
    if isinstance(pool, ExistingPool) and pool.topology_key is not None:
        return (HOSTNAME, pool.topology_key)
    return (HOSTNAME,)


def _spread_over(pool: NodePool) -> tuple[str, ...]:
    """Topology keys over which pods of a version are spread.

    Clouds label the nodes that they make with a zone; nodes of somebody's own may have none.
    """
    return (HOSTNAME,) if has_fixed_nodes(pool) else (HOSTNAME, ZONE)


def _products(pool: NodePool) -> Manifest:
    accelerator = accelerator_of(pool)
    if not isinstance(pool, ExistingPool) or not pool.product or accelerator is None:
        return {}
    wanted = {"key": accelerator.product_label, "operator": "In", "values": list(pool.product)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def pool_labels(name: str, pool: NodePool) -> dict[str, str]:
    """Labels of a pool's nodes: pool and track, and what the accelerator's device plugin wants."""
    accelerator = accelerator_of(pool)
    wanted = labels_of_nodes(accelerator, pool.accelerator) if accelerator else {}
    return {POOL: name, TRACK: pool.track, **wanted}


def pool_taint(pool: str) -> Manifest:
    """The taint that keeps pods of nobody and of other pools off a pool's nodes."""
    return {"key": POOL, "value": pool, "effect": "NoSchedule"}


def pool_toleration(pool: str) -> Manifest:
    """What lets a pod onto the nodes of its pool."""
    return {"operator": "Equal", **pool_taint(pool)}


def accelerator_taint(pool: NodePool) -> str | None:
    """The key with which clusters commonly taint accelerator nodes; None for nodes without."""
    accelerator = accelerator_of(pool)
    return None if accelerator is None else accelerator.taint or pool.accelerator


def pod_security() -> Manifest:
    """Pod-level security context that `restricted` admits."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> Manifest:
    """Container-level security context: nothing to gain and nothing to write."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    }
