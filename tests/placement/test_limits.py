"""Limits of Kubernetes on a real control plane, and the same placement where it is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bench.placement.checker import Declared
from bench.placement.driver import DEPLOYMENTS, EVENTS, PODS, QUOTAS, Driver
from bench.placement.fleet import CANARY, MACHINE, NAMESPACE, STABLE, Machine, Values
from bench.placement.life import Troubles
from bench.placement.world import World
from infra.config import StackConfig, parse
from local.simulated.cluster import TOOLS, simulated
from local.simulated.waiting import wait_until
from local.toolchain import ensure

GPU = "nvidia.com/gpu"
MACHINES = [
    Machine(f"vm-{track}-0", f"vm-{track}", {MACHINE: "machine-0"}, {GPU: 2})
    for track in ("stable", "canary")
]
GONE = Troubles(gone=frozenset(["vm-stable-0"]))
DECLARED = Declared(
    {("ocr", STABLE): "vm-stable", ("ocr", CANARY): "vm-canary"}, {"ocr": STABLE}, MACHINE
)
SECONDS = 180.0


def stack(**canary: object) -> StackConfig:
    """One model on two virtual nodes of one machine, with a canary or without."""

    def version(pool: str, **more: object) -> Values:
        asks = {"cpu": "1", "accelerators": 1}
        return {"image": "registry.example.com/ocr:v1", "pool": pool, "resources": asks, **more}

    versions = {STABLE: version("vm-stable", replicas=1)}
    if canary:
        versions[CANARY] = version("vm-canary", **canary)
    pools = {
        each.pool: {
            "provider": "existing",
            "nodes": [each.name],
            "cards": 2,
            "topologyKey": MACHINE,
            "track": each.pool.removeprefix("vm-"),
        }
        for each in MACHINES
    }
    model = {
        "host": "ocr.example.com",
        "stable": STABLE,
        "canary": {CANARY: 5} if canary else {},
        "versions": versions,
    }
    return parse({"namespace": NAMESPACE, "nodePools": pools, "models": {"ocr": model}})


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with simulated(ensure(TOOLS, print)) as client:
        driver = Driver(client, MACHINES)
        driver.begin(stack())
        yield driver


@pytest.fixture
def world(driver: Driver) -> Iterator[World]:
    """With the stable pod alone, on its machine."""
    world = World(driver.client, DECLARED)
    until(lambda: [pod.node for pod in world.pods()] == ["vm-stable-0"])
    yield world
    driver.trouble(Troubles())
    driver.update(stack())
    until(lambda: len(world.pods()) == 1)


def until(condition: Callable[[], object]) -> None:
    assert wait_until(lambda: bool(condition()), SECONDS), f"not after {SECONDS:g} s"


def test_a_pod_that_a_lost_count_lets_in_is_no_violation(driver: Driver, world: World) -> None:
    """The controller's stale write, by hand: kubernetes/kubernetes#123434.

    The first test, since the controller counts again when pods have gone.
    """
    driver.update(stack(replicas=2))
    until(lambda: len(world.pods()) == 3)
    quota, counted = f"{QUOTAS}/canary", f"requests.{GPU}"
    assert driver.client.get(quota)["status"]["used"][counted] == "2"
    driver.client.patch(f"{quota}/status", {"status": {"used": {counted: "1"}}})
    scale = f"{DEPLOYMENTS}/ocr-{CANARY}/scale"
    driver.client.patch(scale, {"spec": {"replicas": 3}})
    until(lambda: len(world.pods()) == 4)
    assert world.violations() == []
    assert [(each.kind, each.where) for each in world.limits] == [("quota", f"{NAMESPACE}/canary")]


def test_a_pod_whose_node_object_is_gone_is_not_seen(driver: Driver, world: World) -> None:
    driver.trouble(GONE)
    driver.update(stack(replicas=1))
    until(lambda: [pod.node for pod in world.pods()].count("vm-canary-0") == 1)
    assert world.violations() == []
    assert [(each.kind, each.where) for each in world.limits] == [("machine", "machine-0")]


def test_the_same_place_is_refused_while_the_node_is_there(driver: Driver, world: World) -> None:
    """And a violation where somebody takes it all the same."""
    driver.update(stack(replicas=1))
    until(lambda: [pod.node for pod in world.pods()].count(None) == 1)
    [waiting] = [pod for pod in world.pods() if pod.node is None]
    about = f"reason%3DFailedScheduling,involvedObject.name%3D{waiting.name}"
    failed = f"{EVENTS}?fieldSelector={about}"
    until(lambda: driver.client.get(failed)["items"])
    assert "anti-affinity" in driver.client.get(failed)["items"][0]["message"]
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": waiting.name},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "vm-canary-0"},
    }
    driver.client.create(f"{PODS}/{waiting.name}/binding", binding)
    found = set[str]()

    def told() -> bool:
        found.update(each.kind for each in world.violations())
        return "machine" in found

    until(told)
    assert world.limits == []
