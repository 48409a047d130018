"""Ten wrongs, done by hand in the real API server, each of which the checker must report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from bench.placement.driver import EVENTS, PODS, QUOTAS, Driver
from bench.placement.fleet import CANARY, MACHINE, NAMESPACE, STABLE, model_with_canary
from bench.placement.world import World
from infra.isolation import HOSTNAME
from infra.names import VERSION, cluster_wide_name, object_name, selector
from local.simulated.waiting import wait_until

_SECONDS = 30.0
_ELSEWHERE = "/api/v1/namespaces/default/pods"

Plant = Callable[["_Hand"], None]


def plant_all(driver: Driver, world: World) -> dict[str, bool]:
    """By wrong, whether it was reported. Takes the first stack, and leaves it as it was."""
    found = {}
    for number, (what, (kind, plant)) in enumerate(_WRONGS.items()):
        # A name for each: what has been told of one is not told again.
        with _Hand(driver, world, f"planted-{number}").lent() as hand:
            plant(hand)
            found[what] = _reported(world, kind)
        world.violations()
    return found


def _reported(world: World, kind: str) -> bool:
    return wait_until(lambda: any(each.kind == kind for each in world.violations()), _SECONDS)


class _Hand:
    """Somebody with all rights."""

    def __init__(self, driver: Driver, world: World, name: str) -> None:
        self.name = name
        self.driver, self.world, self.client = driver, world, driver.client
        self.undo: list[Callable[[], None]] = []

    @contextmanager
    def lent(self) -> Iterator[_Hand]:
        """Whatever was made is gone at the end."""
        try:
            yield self
        finally:
            for each in self.undo:
                each()
            wait_until(lambda: all(p.name != self.name for p in self.world.pods()), _SECONDS)

    def node(self, model: str, version: str = CANARY) -> str:
        """Where a pod of a version is."""
        return next(
            pod.node
            for pod in self.world.pods()
            if (pod.model, pod.version) == (model, version) and pod.node is not None
        )

    def put(self, node: str, pod: Mapping[str, Any], pods: str = PODS) -> None:
        """A pod onto a node, whatever the scheduler would say."""
        manifest = {"apiVersion": "v1", "kind": "Pod", **deepcopy(pod)}
        manifest["metadata"] = {**manifest.get("metadata", {}), "name": self.name}
        manifest["spec"]["schedulerName"] = "by-hand"
        self.client.create(pods, manifest)
        self.undo.append(lambda: self.client.delete(f"{pods}/{self.name}"))
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": self.name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        self.client.create(f"{pods}/{self.name}/binding", binding)

    def template(self, model: str, version: str = CANARY, **spec: object) -> dict[str, Any]:
        """What a version's pods are made from, with something else in its spec."""
        found = deepcopy(self.driver.template(object_name(model, version)))
        found["spec"].update(spec)
        return found


def _stable_beside_canary(hand: _Hand) -> None:
    model = model_with_canary("box")
    hand.put(hand.node(model), hand.template(model, STABLE))


def _stable_on_the_same_machine(hand: _Hand) -> None:
    model = model_with_canary("vm")
    nodes = hand.world.nodes()
    machine = nodes[hand.node(model)].labels[MACHINE]
    other = next(
        name
        for name, node in nodes.items()
        if node.labels.get(MACHINE) == machine and name != hand.node(model)
    )
    hand.put(other, hand.template(model, STABLE))


def _versions_on_parts_of_a_card(hand: _Hand) -> None:
    model = model_with_canary("mig")
    pod = hand.template(model)
    pod["metadata"]["labels"][VERSION] = STABLE
    hand.put(hand.node(model), pod)


def _two_pods_with_one_card(hand: _Hand) -> None:
    model = model_with_canary("card")
    hand.put(hand.node(model), hand.template(model))


def _canary_in_a_stable_pool(hand: _Hand) -> None:
    hand.put("box-stable-0", hand.template(model_with_canary("mig")))


def _somebody_in_a_pool(hand: _Hand) -> None:
    container = {"name": "some", "image": "registry.example.com/some:v1"}
    hand.put("box-stable-0", {"spec": {"containers": [container]}}, _ELSEWHERE)


def _canary_with_the_priority_of_stable(hand: _Hand) -> None:
    model = model_with_canary("hami")
    priority = cluster_wide_name(NAMESPACE, "stable")
    hand.put(hand.node(model), hand.template(model, priorityClassName=priority))


def _all_on_one_node(hand: _Hand) -> None:
    model = model_with_canary("box")
    rule = {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": selector(model, CANARY)},
    }
    hand.put(hand.node(model), hand.template(model, topologySpreadConstraints=[rule]))


def _more_than_the_quota(hand: _Hand) -> None:
    quota = f"{QUOTAS}/canary"
    less = dict.fromkeys(hand.client.get(quota)["spec"]["hard"], "1")
    hand.undo.append(lambda: hand.driver.restore("ResourceQuota", "canary"))
    hand.client.patch(quota, {"spec": {"hard": less}})


def _stable_preempted_by_a_canary(hand: _Hand) -> None:
    """As the scheduler tells it; the pod itself may stay."""
    model = model_with_canary("box")
    pods = {pod.version: pod for pod in hand.world.pods() if pod.model == model}
    victim, winner = (
        {"kind": "Pod", "namespace": NAMESPACE, "name": pod.name, "uid": pod.uid}
        for pod in (pods[STABLE], pods[CANARY])
    )
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": hand.name, "namespace": NAMESPACE},
        "type": "Normal",
        "reason": "Preempted",
        "message": "Preempted by a pod",
        "involvedObject": victim,
        "related": winner,
    }
    hand.client.create(EVENTS, event)
    hand.undo.append(lambda: hand.client.delete(f"{EVENTS}/{hand.name}"))


_WRONGS: Mapping[str, tuple[str, Plant]] = {
    "stable on a canary's node": ("node", _stable_beside_canary),
    "stable on a canary's machine": ("machine", _stable_on_the_same_machine),
    "two versions on parts of a node's cards": ("card", _versions_on_parts_of_a_card),
    "two pods with one card": ("devices", _two_pods_with_one_card),
    "a canary in a stable pool": ("pool", _canary_in_a_stable_pool),
    "somebody else's pod in a pool": ("pool", _somebody_in_a_pool),
    "a canary with stable's priority": ("priority", _canary_with_the_priority_of_stable),
    "a demanded spread not kept": ("spread", _all_on_one_node),
    "more than a track's quota": ("quota", _more_than_the_quota),
    "a canary that preempts stable": ("preemption", _stable_preempted_by_a_canary),
}
