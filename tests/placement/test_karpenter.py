"""Karpenter makes a node from the stack's NodePool for a canary, and takes it away after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bench.placement.driver import NODES, PODS, Driver
from bench.placement.fleet import CANARY, NAMESPACE, STABLE, Machine
from infra.config import StackConfig, parse
from infra.isolation import Manifest
from local.simulated.cluster import TOOLS, simulated
from local.simulated.karpenter import NODE_CLASS, TOOL, karpenter
from local.simulated.waiting import wait_until
from local.toolchain import ensure
from render import manifests

GPU = "nvidia.com/gpu"
POOL, LABEL = "gpu-canary", "paddle-canary.dev/pool"
NODE_POOLS, NODE_CLAIMS = (f"/apis/karpenter.sh/v1/{kind}" for kind in ("nodepools", "nodeclaims"))
STABLE_NODE = Machine("stable-0", "gpu-stable", {}, {GPU: 1})
TYPES = {
    "no-card": {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi"},
    "one-card": {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi", GPU: "1"},
}
SECONDS = 300.0


def stack(weight: int | None = None) -> StackConfig:
    """With a canary at a weight, in a pool whose nodes Karpenter makes, or without one."""
    versions = {STABLE: {"image": "registry.example.com/ocr:v1", "pool": "gpu-stable"}}
    if weight is not None:
        versions[CANARY] = {"image": "registry.example.com/ocr:v2", "pool": POOL}
    model = {
        "host": "ocr.example.com",
        "stable": STABLE,
        "canary": {} if weight is None else {CANARY: weight},
        "versions": {name: {**each, "replicas": 1} for name, each in versions.items()},
    }
    pools = {
        "gpu-stable": {
            "provider": "existing",
            "nodes": [STABLE_NODE.name],
            "cards": 1,
            "track": "stable",
        },
        POOL: {
            "provider": "karpenter",
            "nodeClass": NODE_CLASS,
            "limits": {GPU: 2},
            "consolidateAfter": "5s",
            "track": "canary",
        },
    }
    return parse({"namespace": NAMESPACE, "nodePools": pools, "models": {"ocr": model}})


def node_pool() -> Manifest:
    """As the stack makes it."""
    [found] = [each for each in manifests(stack()) if each["kind"] == "NodePool"]
    return found


@pytest.fixture
def driver() -> Iterator[Driver]:
    """With Karpenter and the NodePool; stable has its place."""
    tools = ensure([*TOOLS, TOOL], print)
    with simulated(tools) as client, karpenter(client, tools[TOOL], TYPES):
        driver = Driver(client, [STABLE_NODE])
        driver.begin(stack())
        client.apply(f"{NODE_POOLS}/{POOL}", node_pool(), "pulumi")
        until(lambda: places(driver) == {STABLE: STABLE_NODE.name})
        yield driver


def until(condition: Callable[[], bool]) -> None:
    assert wait_until(condition, SECONDS, 0.5), f"not after {SECONDS:g} s"


def places(driver: Driver) -> dict[str, str | None]:
    """The node of each version's pod."""
    return {
        each["metadata"]["labels"]["paddle-canary.dev/version"]: each["spec"].get("nodeName")
        for each in driver.client.get(PODS)["items"]
    }


def names(driver: Driver, path: str) -> set[str]:
    return {each["metadata"]["name"] for each in driver.client.get(path)["items"]}


def test_a_canary_gets_a_node_that_goes_after_it(driver: Driver) -> None:
    assert (names(driver, NODES), names(driver, NODE_CLAIMS)) == ({STABLE_NODE.name}, set())

    driver.update(stack(weight=5))
    until(lambda: places(driver).get(CANARY) is not None)
    [made] = names(driver, NODES) - {STABLE_NODE.name}
    assert places(driver) == {STABLE: STABLE_NODE.name, CANARY: made}
    [claim] = driver.client.get(NODE_CLAIMS)["items"]
    assert claim["metadata"]["labels"]["karpenter.sh/nodepool"] == POOL
    node = driver.client.get(f"{NODES}/{made}")
    template = node_pool()["spec"]["template"]
    assert node["metadata"]["labels"][LABEL] == POOL
    assert template["metadata"]["labels"].items() <= node["metadata"]["labels"].items()
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"] == "one-card"
    assert [each for each in template["spec"]["taints"] if each not in node["spec"]["taints"]] == []
    assert node["status"]["allocatable"][GPU] == "1"

    # Rolled back: at first to no traffic, so that it can go on at once, then out of the stack.
    driver.update(stack(weight=0))
    assert places(driver)[CANARY] == made
    driver.update(stack())
    until(lambda: names(driver, NODES) == {STABLE_NODE.name})
    until(lambda: not names(driver, NODE_CLAIMS))
    assert places(driver) == {STABLE: STABLE_NODE.name}
