"""What keeps workloads apart: nodes, pods of other versions, and what a pod may do."""

from __future__ import annotations

from typing import Any

from infra.config import Pool
from infra.names import MANAGED_BY, MODEL, POOL, VERSION, selector

Manifest = dict[str, Any]

HOSTNAME = "kubernetes.io/hostname"
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


def placement(model: str, version: str, pool_name: str, pool: Pool, shared: bool) -> Manifest:
    """The part of a pod's spec that says on which nodes it may run.

    Pods of one version never share a node with pods of another version of the model, unless the
    model says `isolation: shared`. The rule speaks of versions and not of tracks: what is canary
    today is stable tomorrow, and its pods must not restart for that.
    """
    others = {
        "labelSelector": {
            "matchLabels": {MODEL: model},
            "matchExpressions": [{"key": VERSION, "operator": "NotIn", "values": [version]}],
        },
        "topologyKey": HOSTNAME,
    }
    spread = {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(model, version)},
    }
    tolerations = [pool_toleration(pool_name)]
    if pool.accelerator != "none":
        # Clusters commonly taint accelerator nodes with the name of the resource itself.
        tolerations.append({"key": pool.accelerator, "operator": "Exists", "effect": "NoSchedule"})
    spec: Manifest = {
        "nodeSelector": {POOL: pool_name},
        "tolerations": tolerations,
        "topologySpreadConstraints": [spread],
    }
    if not shared:
        spec["affinity"] = {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [others]}
        }
    return spec


def pool_taint(pool: str) -> Manifest:
    """The taint that keeps pods of nobody and of other pools off a pool's nodes."""
    return {"key": POOL, "value": pool, "effect": "NoSchedule"}


def pool_toleration(pool: str) -> Manifest:
    """What lets a pod onto the nodes of its pool."""
    return {"operator": "Equal", **pool_taint(pool)}


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
