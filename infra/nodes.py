"""Nodes that pools name and the cluster does not have.

A patch of a node that does not exist makes one: an object that no machine stands behind. So this
is found out before anything is declared.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubernetes import client

from infra.config import ExistingPool, StackConfig, node_names
from infra.live import TIMEOUT, Access, asking

_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def missing_nodes(stack: StackConfig, access: Access) -> dict[str, list[str]]:
    """By pool, the nodes that the cluster lacks; pools that lack none are left out.

    Raises `ClusterError` when the nodes cannot be listed.
    """
    with asking(access, "nodes") as api:
        listed = client.CoreV1Api(api).list_node(
            _headers={"Accept": _NAMES_ONLY}, _request_timeout=TIMEOUT
        )
    present = {node.metadata.name for node in listed.items}
    missing = {
        name: [node for node in node_names(pool) if node not in present]
        for name, pool in stack.node_pools.items()
    }
    return {name: nodes for name, nodes in missing.items() if nodes}


def without(stack: StackConfig, missing: Mapping[str, list[str]]) -> StackConfig:
    """The stack with those nodes left out of its pools."""
    pools = {
        name: pool.model_copy(
            update={"nodes": tuple(n for n in pool.nodes if n not in missing.get(name, ()))}
        )
        if isinstance(pool, ExistingPool)
        else pool
        for name, pool in stack.node_pools.items()
    }
    return stack.model_copy(update={"node_pools": pools})


def explain(missing: Mapping[str, list[str]]) -> str:
    """What is wrong with the pools, and what to do, a line for each."""
    return "\n".join(
        f"nodePools.{pool}.nodes: the cluster has no node {', '.join(nodes)}; correct the name "
        f"(kubectl get nodes), or, if it is gone, run pulumi refresh and take it out of the pool"
        for pool, nodes in missing.items()
    )
