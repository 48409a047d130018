"""Devices by claims: Dynamic Resource Allocation (resource.k8s.io/v1, Kubernetes 1.34).

A pool has a class of its own, which picks what its pods may get; pods get a claim each, made from
the template for their number of devices.
https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig, accelerator_of
from infra.config.accelerators import selector
from infra.config.pool_facts import dra_of
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE, MANAGED_BY, cluster_wide_name

_API = "resource.k8s.io/v1"
CLAIM = "accelerators"
"""What pods call their claim, and the request in it."""


def device_class(config: StackConfig, name: str) -> Manifest | None:
    """The class of a pool's devices; None for a pool whose pods ask for an extended resource."""
    pool = config.node_pools[name]
    accelerator, dra = accelerator_of(pool), dra_of(pool)
    if dra is None or accelerator is None:
        return None
    kind = selector(accelerator, pool.accelerator)
    return {
        "apiVersion": _API,
        "kind": "DeviceClass",
        "metadata": {
            "name": cluster_wide_name(config.platform, name),
            "labels": dict(MANAGED_BY),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {"selectors": [{"cel": {"expression": each}} for each in (kind, *dra.selectors)]},
    }


def claim_templates(config: StackConfig, name: str) -> Iterator[Manifest]:
    """One template for each number of devices that pods in the pool ask for.

    The number is in the name: a template cannot change.
    """
    if dra_of(config.node_pools[name]) is None:
        return
    counts = {
        version.resources.accelerators
        for model in config.models.values()
        for version in model.versions.values()
        if version.pool == name
    }
    for count in sorted(counts - {0}):
        exactly = {"deviceClassName": cluster_wide_name(config.platform, name), "count": count}
        yield {
            "apiVersion": _API,
            "kind": "ResourceClaimTemplate",
            "metadata": {
                "name": _template_name(name, count),
                "namespace": config.namespace,
                "labels": dict(MANAGED_BY),
                "annotations": DELETE_AT_ONCE,
            },
            "spec": {"spec": {"devices": {"requests": [{"name": CLAIM, "exactly": exactly}]}}},
        }


def pod_claims(pool_name: str, count: int) -> list[Manifest]:
    """What a pod's spec says under `resourceClaims`."""
    return [{"name": CLAIM, "resourceClaimTemplateName": _template_name(pool_name, count)}]


def _template_name(pool: str, count: int) -> str:
    return f"{pool}-{count}"
