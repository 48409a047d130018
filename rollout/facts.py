"""Reads what preflight needs to know of the cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from kubernetes import client
from kubernetes.utils.quantity import parse_quantity

from infra.config import StackConfig, asks_for_resource
from infra.names import MODEL, POOL, VERSION
from rollout.kube import TIMEOUT, asked
from rollout.preflight import Pods

_ENDED = ("Succeeded", "Failed")


def pods(api: client.ApiClient, config: StackConfig, model: str) -> dict[str, Pods]:
    """The pods of each deployed version. Raises ClusterAway."""
    with asked("list deployments"):
        found = client.AppsV1Api(api).list_namespaced_deployment(
            config.namespace, label_selector=f"{MODEL}={model}", _request_timeout=TIMEOUT
        )
    return {
        each.metadata.labels[VERSION]: Pods(
            each.status.replicas or 0, each.status.ready_replicas or 0, each.spec.replicas
        )
        for each in found.items
    }


def spare(api: client.ApiClient, config: StackConfig) -> dict[str, int]:
    """Accelerators that no pod has asked for, by pool. Raises ClusterAway."""
    core = client.CoreV1Api(api)
    with asked("list nodes"):
        nodes = core.list_node(label_selector=POOL, _request_timeout=TIMEOUT).items
    with asked("list pods"):
        all_pods = core.list_pod_for_all_namespaces(_request_timeout=TIMEOUT).items
    free: Counter[str] = Counter()
    for node in nodes:
        pool = node.metadata.labels[POOL]
        known = config.node_pools.get(pool)
        if known is None or node.spec.unschedulable or not asks_for_resource(known):
            continue
        resource = known.accelerator
        there = _amount(node.status.allocatable, resource)
        free[pool] += there - _asked_for(all_pods, node.metadata.name, resource)
    return dict(free)


def _asked_for(all_pods: Iterable[client.V1Pod], node: str, resource: str) -> int:
    return sum(
        _amount(container.resources.requests or {}, resource)
        for pod in all_pods
        if pod.spec.node_name == node and pod.status.phase not in _ENDED
        for container in pod.spec.containers
    )


def _amount(quantities: Mapping[str, str], resource: str) -> int:
    return int(parse_quantity(quantities.get(resource, "0")))
