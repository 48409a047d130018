"""GPU node pools as Kubernetes objects.

A pool is a set of nodes that carry its label and its taint. The provider `existing` takes nodes
that somebody else made and patches both onto them.
"""

from __future__ import annotations

from infra.config import Pool
from infra.isolation import Manifest, pool_taint
from infra.names import POOL, TRACK


def node_patches(name: str, pool: Pool) -> list[Manifest]:
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
                "labels": {POOL: name, TRACK: pool.track},
                # A name of our own, so that a later update finds the fields it owns.
                "annotations": {
                    "pulumi.com/patchFieldManager": "paddle-canary",
                    "pulumi.com/patchForce": "true",
                },
            },
            "spec": {"taints": taints},
        }
        for node in pool.nodes
    ]
