"""The checker of placements reports each wrong, and nothing where all is right."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import check_output

import pytest

from bench.placement.checker import Cluster, Declared, check, check_spread, crowded
from bench.placement.facts import (
    Node,
    Pod,
    Preemption,
    Quota,
    Spread,
    node_of,
    pod_of,
    preemption_of,
    quota_of,
    whole,
)
from bench.placement.fleet import FEWEST_MODELS, FEWEST_NODES, machines, stack
from bench.placement.life import Life, Troubles, begin
from infra.config import parse

GPU, MIG = "nvidia.com/gpu", "nvidia.com/mig-1g.10gb"
POOL, TRACK = "paddle-canary.dev/pool", "paddle-canary.dev/track"
MACHINE = "example.com/machine"


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secrets


def node(name: str, pool: str, machine: str | None = None) -> Node:
    labels = {POOL: pool, TRACK: pool}
    if machine is not None:
        labels[MACHINE] = machine
    taint = {"key": POOL, "value": pool, "effect": "NoSchedule"}
    return Node(name, {**labels, "kubernetes.io/hostname": name}, (taint,), {GPU: 4, MIG: 7})


def pod(name: str, version: str, on: Node, model: str = "ocr", device: str = GPU) -> Pod:
    """A pod of a model in the pool of its node, and of its priority."""
    pool = on.labels[POOL]
    stable = on.labels[TRACK] == "stable"
    return Pod(
        uid=f"uid-{name}",
        name=name,
        namespace="paddle-models",
        labels={"paddle-canary.dev/model": model, "paddle-canary.dev/version": version},
        node=on.name,
        devices={device: 1},
        priority=1000 if stable else 100,
        priority_class=f"paddle-models-{on.labels[TRACK]}",
        preempts=stable,
        tolerations=({"key": POOL, "operator": "Equal", "value": pool, "effect": "NoSchedule"},),
    )


STABLE_NODES = [node(f"s{i}", "stable", f"box-{i}") for i in range(3)]
CANARY_NODES = [node(f"c{i}", "canary", f"box-{i + 3}") for i in range(2)]
NODES = {each.name: each for each in (*STABLE_NODES, *CANARY_NODES)}
STABLE = [pod(f"stable-{i}", "v1", each) for i, each in enumerate(STABLE_NODES)]
CANARY = pod("canary", "v2", CANARY_NODES[0])
DECLARED = Declared({("ocr", "v1"): "stable", ("ocr", "v2"): "canary"}, {"ocr": "v1"}, MACHINE)
QUOTAS = (
    Quota("stable", "paddle-models", frozenset(["paddle-models-stable"]), {GPU: 12}),
    Quota("canary", "paddle-models", frozenset(["paddle-models-canary"]), {GPU: 8}),
)
RIGHT = Cluster([*STABLE, CANARY], NODES, QUOTAS)


def with_pod(*more: Pod) -> Cluster:
    return replace(RIGHT, pods=[*RIGHT.pods, *more])


def with_node(changed: Node) -> Cluster:
    return replace(RIGHT, nodes={**NODES, changed.name: changed})


def moved(there: Pod, to: str) -> Cluster:
    return replace(RIGHT, pods=[replace(p, node=to) if p is there else p for p in RIGHT.pods])


def test_nothing_is_wrong_where_all_is_right() -> None:
    assert check(RIGHT, DECLARED) == []


OTHER = Pod("x", "x", "default", {}, node="s0")
MIG_NODE = node("c0", "canary", "box-3")
ON_MIG = [pod("one", "v2", MIG_NODE, device=MIG), pod("two", "v3", MIG_NODE, device=MIG)]
THREE = replace(DECLARED, pools={**DECLARED.pools, ("ocr", "v3"): "canary"})
ONE_CARD = frozenset(["GPU-1"])

PLANTED: dict[str, tuple[str, Cluster, Declared]] = {
    "canary on a node of stable": ("node", moved(CANARY, "s1"), DECLARED),
    "stable on a node of the canary": ("node", moved(STABLE[0], "c0"), DECLARED),
    "two canaries on a node": ("node", with_pod(pod("third", "v3", CANARY_NODES[0])), THREE),
    "versions on virtual nodes of a machine": (
        "machine",
        with_node(node("c0", "canary", "box-0")),
        DECLARED,
    ),
    "versions on MIG devices of a node": ("card", replace(RIGHT, pods=ON_MIG), THREE),
    "versions on a card that HAMi names": (
        "card",
        replace(RIGHT, pods=[replace(each, cards=ONE_CARD) for each in (STABLE[0], CANARY)]),
        DECLARED,
    ),
    "more cards than a node has": (
        "devices",
        with_pod(*(pod(f"more-{i}", "v2", CANARY_NODES[0]) for i in range(4))),
        DECLARED,
    ),
    "devices that a node does not have": (
        "devices",
        with_node(replace(CANARY_NODES[0], devices={})),
        DECLARED,
    ),
    "a pod in another pool than its own": (
        "pool",
        moved(CANARY, "c1"),
        replace(DECLARED, pools={**DECLARED.pools, ("ocr", "v2"): "elsewhere"}),
    ),
    "somebody else's pod in a pool": ("pool", with_pod(OTHER), DECLARED),
    "a node without the taint of its pool": (
        "pool",
        with_node(replace(CANARY_NODES[0], taints=())),
        DECLARED,
    ),
    "a pod that does not tolerate the taint": (
        "pool",
        replace(RIGHT, pods=[replace(CANARY, tolerations=())]),
        DECLARED,
    ),
    "a canary that may preempt": (
        "priority",
        replace(RIGHT, pods=[replace(CANARY, preempts=True)]),
        DECLARED,
    ),
    "a canary as important as stable": (
        "priority",
        replace(RIGHT, pods=[*STABLE, replace(CANARY, priority=1000)]),
        DECLARED,
    ),
    "stable preempted by a canary": (
        "preemption",
        replace(RIGHT, preemptions=(Preemption("uid-stable-0", "uid-canary"),)),
        DECLARED,
    ),
    "stable that was preempted by one that is gone": (
        "preemption",
        replace(
            RIGHT,
            pods=[],
            gone={each.uid: each for each in (STABLE[0], CANARY)},
            preemptions=(Preemption("uid-stable-0", "uid-canary"),),
        ),
        DECLARED,
    ),
    "stable that is taken away for nobody knows whom": (
        "preemption",
        replace(RIGHT, pods=[replace(STABLE[0], displaced=True)]),
        DECLARED,
    ),
    "more than the quota of a track": (
        "quota",
        replace(RIGHT, quotas=(replace(QUOTAS[0], devices={GPU: 2}),)),
        DECLARED,
    ),
}


@pytest.mark.parametrize(("kind", "cluster", "declared"), PLANTED.values(), ids=PLANTED)
def test_each_planted_wrong_is_reported(kind: str, cluster: Cluster, declared: Declared) -> None:
    assert kind in {each.kind for each in check(cluster, declared)}


def test_a_spread_that_is_demanded_is_kept() -> None:
    rule = Spread("kubernetes.io/hostname", 1, CANARY.labels)
    first = replace(CANARY, spread=(rule,))
    even = replace(first, uid="2", node="c1")
    uneven = replace(first, uid="2", node="c0")
    assert check_spread(even, replace(RIGHT, pods=[*STABLE, first, even])) == []
    wrong = check_spread(uneven, replace(RIGHT, pods=[*STABLE, first, uneven]))
    assert [each.kind for each in wrong] == ["spread"]


def test_a_pod_beside_its_own_is_told_where_there_was_a_better_node() -> None:
    canaries = {each.name: each for each in CANARY_NODES}
    second = replace(CANARY, uid="2", name="second")
    assert crowded(second, Cluster([CANARY, second], canaries)) is True
    apart = replace(second, node="c1")
    assert crowded(apart, Cluster([CANARY, apart], canaries)) is False


def test_a_pod_beside_its_own_is_not_told_where_there_was_no_choice() -> None:
    canaries = {each.name: each for each in CANARY_NODES}
    second = replace(CANARY, uid="2", name="second")
    cordoned = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    other = pod("other", "v3", CANARY_NODES[1])
    full = [replace(other, uid=f"full-{i}", labels={}) for i in range(4)]
    away = {**canaries, "c1": replace(CANARY_NODES[1], taints=(cordoned,))}
    gone = {**canaries, "c1": replace(CANARY_NODES[1], there=False)}
    for there in (
        Cluster([second], canaries),
        Cluster([replace(CANARY, leaving=True), second], canaries),
        Cluster([CANARY, second], away),
        Cluster([CANARY, second], gone),
        Cluster([CANARY, second, other], canaries),
        Cluster([CANARY, second, *full], canaries),
    ):
        assert crowded(second, there) is None


def test_each_two_pods_that_are_too_close_are_told_once() -> None:
    second = replace(STABLE[1], node="s0")
    found = check(replace(RIGHT, pods=[STABLE[0], second, replace(CANARY, node="s0")]), DECLARED)
    turned = check(replace(RIGHT, pods=[replace(CANARY, node="s0"), second, STABLE[0]]), DECLARED)
    close = [each for each in found if each.kind == "machine"]
    assert [[pod.name for pod in each.pods] for each in close] == [
        ["canary", "stable-0"],
        ["canary", "stable-1"],
    ]
    assert set(found) == set(turned)


def test_stable_may_take_the_place_of_a_canary() -> None:
    there = replace(RIGHT, preemptions=(Preemption("uid-canary", "uid-stable-0"),))
    assert check(there, DECLARED) == []


def test_versions_of_different_models_may_share_a_node() -> None:
    other = pod("other", "v1", CANARY_NODES[0], model="layout")
    pools = {**DECLARED.pools, ("layout", "v1"): "canary"}
    assert check(with_pod(other), replace(DECLARED, pools=pools)) == []


def test_a_pod_that_waits_takes_no_place_and_counts_for_the_quota() -> None:
    waiting = [replace(CANARY, uid=f"w{i}", node=None) for i in range(8)]
    assert [each.kind for each in check(with_pod(*waiting), DECLARED)] == ["quota"]


def test_the_checker_knows_nothing_of_the_program() -> None:
    """Only so can it find a mistake there."""
    loads = "import bench.placement.checker, sys; print([m for m in sys.modules if 'infra' in m])"
    here = Path(__file__).parents[3]
    assert check_output([sys.executable, "-c", loads], cwd=here, text=True).strip() == "[]"


def test_pods_are_read_as_the_api_server_writes_them() -> None:
    limits = {GPU: "2", "nvidia.com/gpumem": "8192", "cpu": "1"}
    found = pod_of(
        {
            "metadata": {
                "uid": "1",
                "name": "p",
                "namespace": "n",
                "annotations": {"hami.io/vgpu-devices-allocated": "GPU-1,NVIDIA,8192,10:;,,0,0:;"},
            },
            "spec": {
                "nodeName": "s0",
                "priority": 100,
                "preemptionPolicy": "Never",
                "containers": [{"resources": {"requests": limits}}] * 2,
                "topologySpreadConstraints": [
                    {"whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 1, "topologyKey": "k"},
                    {
                        "whenUnsatisfiable": "DoNotSchedule",
                        "maxSkew": 2,
                        "topologyKey": "z",
                        "labelSelector": {"matchLabels": {"a": "b"}},
                    },
                ],
            },
            "status": {
                "phase": "Running",
                "conditions": [{"type": "DisruptionTarget", "reason": "PreemptionByScheduler"}],
            },
        }
    )
    assert found is not None
    assert found.devices == {GPU: 4, "nvidia.com/gpumem": 16384}
    assert (found.cards, found.preempts, found.displaced) == (ONE_CARD, False, True)
    assert found.spread == (Spread("z", 2, {"a": "b"}),)


def test_a_pod_that_has_ended_takes_no_place() -> None:
    ended = {"metadata": {}, "spec": {}, "status": {"phase": "Succeeded"}}
    assert pod_of(ended) is None


def test_nodes_quotas_and_preemptions_are_read() -> None:
    there = {"metadata": {"name": "a"}, "spec": {}, "status": {"allocatable": {GPU: "4"}}}
    assert node_of(there) == Node("a", devices={GPU: 4})
    quota = {
        "metadata": {"name": "canary", "namespace": "n", "resourceVersion": "7"},
        "spec": {
            "hard": {f"requests.{GPU}": "2k"},
            "scopeSelector": {"matchExpressions": [{"values": ["n-canary"]}]},
        },
        "status": {"used": {f"requests.{GPU}": "3"}},
    }
    known = Quota("canary", "n", frozenset(["n-canary"]), {GPU: 2000}, {GPU: 3}, 7)
    assert quota_of(quota) == known
    event = {"involvedObject": {"uid": "1"}, "related": {"uid": "2"}}
    assert preemption_of(event) == Preemption("1", "2")
    assert [whole(each) for each in ("7", "2k", "3M")] == [7, 2000, 3_000_000]


@pytest.mark.parametrize(("nodes", "models"), [(FEWEST_NODES, FEWEST_MODELS), (1000, 200)])
def test_a_fleet_has_the_size_that_was_asked_for(nodes: int, models: int) -> None:
    there = machines(nodes)
    assert len({each.name for each in there}) == nodes
    values, config = begin(there, models, chance(1))
    assert len(config.models) == models
    assert {pool for model in config.models.values() for pool in model.canary.values()} == {5}
    named = [n for pool in values["nodePools"].values() for n in pool.get("nodes", ())]
    assert len(named) + sum(each.pool.startswith("made-") for each in there) == nodes


@pytest.mark.parametrize(
    "make",
    [lambda: machines(FEWEST_NODES - 1), lambda: stack(machines(30), 1, chance(1))],
    ids=["nodes", "models"],
)
def test_a_fleet_that_is_too_small_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="at least"):
        make()


def test_life_goes_from_one_right_stack_to_another() -> None:
    rng = chance(3)
    values, _ = begin(machines(60), 12, rng)
    life, promoted = Life(rng), 0
    for _ in range(40):
        after, config = life.go_on(values, 6)
        assert parse(after) == config
        pairs = zip(values["models"].values(), after["models"].values(), strict=True)
        promoted += sum(one["stable"] != other["stable"] for one, other in pairs)
        values = after
    assert promoted > 5


def test_the_same_seed_gives_the_same_life() -> None:
    def lived(seed: int) -> tuple[object, Troubles]:
        rng, troubles = chance(seed), Troubles()
        there = machines(60)
        values, _ = begin(there, 8, rng)
        life = Life(rng)
        for _ in range(5):
            values, _ = life.go_on(values, 4)
            troubles = troubles.next(there, rng)
        return values, troubles

    assert lived(7) == lived(7)
    assert lived(7) != lived(8)


def test_nodes_come_back() -> None:
    rng, there = chance(1), machines(60)
    troubles, seen = Troubles(), set[str]()
    for _ in range(50):
        troubles = troubles.next(there, rng)
        seen |= troubles.all()
        assert len(troubles.failed) + len(troubles.drained) + len(troubles.gone) == len(
            troubles.all()
        )
    assert len(seen) > len(troubles.all())
