"""Node pools as Kubernetes objects.

A pool is a set of nodes that carry its label and its taint. Of provider `existing` they are nodes
that somebody else made, and both are patched onto them; Karpenter makes nodes with both; so do
clouds, which know no Kubernetes objects for that (infra/managed_pools.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.claims import claim_templates, device_class
from infra.config import ExistingPool, KarpenterPool, StackConfig
from infra.isolation import Manifest, pool_labels, pool_taint
from infra.karpenter import node_pool


def pool_objects(config: StackConfig, name: str) -> Iterator[Manifest]:
    """Everything of one pool that is the stack's: on a base, what its own pods claim of it."""
    if config.owns_platform:
        yield from _of_platform(config, name)
    yield from claim_templates(config, name)


def _of_platform(config: StackConfig, name: str) -> Iterator[Manifest]:
    pool = config.node_pools[name]
    if isinstance(pool, ExistingPool):
        yield from node_patches(name, pool, config.namespace)
    if isinstance(pool, KarpenterPool):
        yield node_pool(name, pool)
    devices = device_class(config, name)
    if devices is not None:
        yield devices


def node_patches(name: str, pool: ExistingPool, namespace: str) -> list[Manifest]:
    """One patch for each node of the pool, to be applied on the server and taken back with it.

    Kubernetes applies the list of taints as a whole. Taints that the nodes have from elsewhere
    stay only when the pool names them under `taints`.
    """
    taints = [pool_taint(name), *(taint.model_dump(exclude_none=True) for taint in pool.taints)]
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": node,
                "labels": pool_labels(name, pool),
                # A name that stays, so that a later update finds the fields it owns, and of this
                # stack alone: a label goes when its last owner goes, also one that others need.
                "annotations": {
                    "pulumi.com/patchFieldManager": f"paddle-canary-{namespace}",
                    "pulumi.com/patchForce": "true",
                },
            },
            "spec": {"taints": taints},
        }
        for node in pool.nodes
    ]
