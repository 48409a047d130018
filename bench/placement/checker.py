"""The rules of isolation (docs/pools.md), over pods and nodes as they are: pure, and of its own.

What cannot be known without a device plugin: which card of a node a pod has. Whole cards are handed
to one pod each, so pods on different nodes share none. Parts of cards (MIG devices, shares) may
share one as soon as they are on one node, and that counts as shared here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from bench.placement.facts import (
    POOL_LABEL,
    TRACK_LABEL,
    Node,
    Object,
    Pod,
    Preemption,
    Quota,
)

Release = tuple[str, str]
"""A model and one of its versions."""

# Nodes that are cordoned, not ready, or not reachable.
_TROUBLE = "node.kubernetes.io/"
_FORBIDDING = ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class Violation:
    """`kind`: node, machine, card, devices, pool, priority, preemption, spread or quota.

    where: the node, machine, card, quota or pod that it is about. what: what is wrong there.
    pods: the two that are too close. resource: what there is more of than the quota.
    """

    kind: str
    where: str
    what: str
    pods: tuple[Pod, ...] = field(default=(), compare=False)
    resource: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: {self.what}"


@dataclass(frozen=True)
class Declared:
    """What the stack file says.

    pools: the pool of each version, past ones included. stable: the stable version of each model.
    machine_label: names the machine under a node; nodes without are machines.
    """

    pools: Mapping[Release, str]
    stable: Mapping[str, str]
    machine_label: str


@dataclass(frozen=True)
class Cluster:
    """What there is. `gone`: pods that were there once, by uid, as preemptions name them."""

    pods: Sequence[Pod]
    nodes: Mapping[str, Node]
    quotas: Sequence[Quota] = ()
    preemptions: Sequence[Preemption] = ()
    gone: Mapping[str, Pod] = field(default_factory=dict)


def check(cluster: Cluster, declared: Declared) -> list[Violation]:
    """Everything that is not as it must be; of spread see `check_spread`."""
    return [
        *_apart(cluster, declared),
        *_devices(cluster),
        *_pools(cluster, declared),
        *_priorities(cluster),
        *_preempted(cluster, declared),
        *check_quotas(cluster),
    ]


def check_spread(placed: Pod, cluster: Cluster) -> list[Violation]:
    """What the manifest of a pod demands of its place.

    Holds at the moment of its placement only: pods that leave later make others uneven. So
    `cluster` is as it was then, with the pod in it.
    """
    return list(_spread(placed, cluster))


def crowded(placed: Pod, cluster: Cluster) -> bool | None:
    """Whether a pod was put beside one of its own version, though its pool had a better node.

    The manifests only wish for spread (`ScheduleAnyway`), so this is no violation. None where there
    was nothing to choose: no other pod of its version, or no node with room and without its model.
    `cluster` holds the nodes of the pool, and what is on them.
    """
    on: dict[str, list[Pod]] = defaultdict(list)
    for pod in cluster.pods:
        if pod.node is not None and pod.uid != placed.uid:
            on[pod.node].append(pod)
    own = {
        name
        for name, pods in on.items()
        if any(
            (pod.model, pod.version) == (placed.model, placed.version) and not pod.leaving
            for pod in pods
        )
    }
    if not own:
        return None
    if placed.node not in own:
        return False
    return True if any(_better(n, on[n.name], placed) for n in cluster.nodes.values()) else None


def _better(node: Node, there: Sequence[Pod], placed: Pod) -> bool:
    """Whether a node takes pods, has room for this one, and none of its model."""
    return (
        node.there
        and not any(taint["key"].startswith(_TROUBLE) for taint in node.taints)
        and all(pod.model != placed.model for pod in there)
        and all(
            sum(pod.devices.get(name, 0) for pod in there) + number <= node.devices.get(name, 0)
            for name, number in placed.devices.items()
        )
    )


def _apart(cluster: Cluster, declared: Declared) -> Iterator[Violation]:
    """No two versions of a model on a node, on a machine, or on a card."""
    for node, pods in _grouped((pod.node, pod) for pod in cluster.pods):
        for one, other in _strangers(pods):
            yield _close("node", node, one, other, declared)
            if _parts(one) and _parts(other):
                what = f"{_both(one, other, declared)}, on parts of its cards"
                yield Violation("card", node, what)
    machines = {
        name: each.labels.get(declared.machine_label) for name, each in cluster.nodes.items()
    }
    for machine, pods in _grouped((machines.get(pod.node or ""), pod) for pod in cluster.pods):
        for one, other in _strangers(pods):
            yield _close("machine", machine, one, other, declared)
    for card, pods in _grouped((card, pod) for pod in cluster.pods for card in pod.cards):
        for one, other in _strangers(pods):
            yield _close("card", card, one, other, declared)


def _close(kind: str, where: str, one: Pod, other: Pod, declared: Declared) -> Violation:
    return Violation(kind, where, _both(one, other, declared), (one, other))


def _grouped(pairs: Iterable[tuple[str | None, Pod]]) -> Iterator[tuple[str, list[Pod]]]:
    found: dict[str, list[Pod]] = defaultdict(list)
    for place, pod in pairs:
        if place is not None:
            found[place].append(pod)
    yield from found.items()


def _strangers(pods: Sequence[Pod]) -> Iterator[tuple[Pod, Pod]]:
    """Each two pods of a model that are of different versions, the same two in the same order."""
    models: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        if pod.model is not None and pod.version is not None:
            models[pod.model].append(pod)
    for own in models.values():
        for one, other in combinations(sorted(own, key=lambda pod: pod.name), 2):
            if one.version != other.version:
                yield one, other


def _both(one: Pod, other: Pod, declared: Declared) -> str:
    return f"{_named(one, declared)} and {_named(other, declared)}"


def _named(pod: Pod, declared: Declared) -> str:
    return f"{pod.model} {pod.version} ({_track(pod, declared)}, {pod.name})"


def _track(pod: Pod, declared: Declared) -> str:
    if pod.model is None:
        return "nobody's"
    return "stable" if declared.stable.get(pod.model) == pod.version else "canary"


def _parts(pod: Pod) -> bool:
    """Whether its devices are parts of cards: MIG devices, or shares of memory or cores."""
    return any("/mig-" in name or name.endswith(("mem", "cores")) for name in pod.devices)


def _devices(cluster: Cluster) -> Iterator[Violation]:
    """No node gives more than it has."""
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    for pod in cluster.pods:
        if pod.node is not None:
            taken[pod.node].update(pod.devices)
    for name, devices in taken.items():
        node = cluster.nodes.get(name, Node(name))
        for resource, number in devices.items():
            there = node.devices.get(resource, 0)
            if number > there:
                yield Violation("devices", name, f"{number} of {there} {resource} are taken")


def _pools(cluster: Cluster, declared: Declared) -> Iterator[Violation]:
    """Pods are in the pool that the stack file names, and nobody else's are in any."""
    for pod in cluster.pods:
        if pod.node is None:
            continue
        node = cluster.nodes.get(pod.node, Node(pod.node))
        pool = node.labels.get(POOL_LABEL)
        if pod.model is not None and pod.version is not None:
            wanted = declared.pools.get((pod.model, pod.version))
            if pool != wanted:
                what = f"{_named(pod, declared)} in pool {pool} instead of {wanted}"
                yield Violation("pool", node.name, what)
        elif pool is not None:
            yield Violation("pool", node.name, f"{pod.namespace}/{pod.name} in pool {pool}")
        kept_out = [taint for taint in node.taints if taint["key"] == POOL_LABEL]
        if pool is not None and not any(taint.get("value") == pool for taint in kept_out):
            yield Violation("pool", node.name, f"has label {pool} and no such taint")
        for taint in kept_out:
            if not _tolerated(taint, pod.tolerations):
                what = f"{pod.namespace}/{pod.name} does not tolerate the taint of {taint['value']}"
                yield Violation("pool", node.name, what)


def _tolerated(taint: Object, tolerations: Iterable[Object]) -> bool:
    return taint["effect"] not in _FORBIDDING or any(
        each.get("key") in (taint["key"], None)
        and each.get("effect") in (taint["effect"], None)
        and (each.get("operator") == "Exists" or each.get("value") == taint.get("value"))
        for each in tolerations
    )


def _priorities(cluster: Cluster) -> Iterator[Violation]:
    """In canary pools pods preempt nobody, and come after all in stable pools."""
    tracks: dict[str, list[Pod]] = defaultdict(list)
    for pod in cluster.pods:
        node = cluster.nodes.get(pod.node or "")
        if node is not None and pod.model is not None:
            tracks[node.labels.get(TRACK_LABEL, "")].append(pod)
    least = min((pod.priority for pod in tracks["stable"]), default=None)
    for pod in tracks["canary"]:
        if pod.preempts:
            yield Violation("priority", pod.name, "may preempt, in a canary pool")
        if least is not None and pod.priority >= least:
            what = f"{pod.priority} in a canary pool, {least} in a stable one"
            yield Violation("priority", pod.name, what)


def _preempted(cluster: Cluster, declared: Declared) -> Iterator[Violation]:
    """No stable pod leaves for a canary, nor for somebody whom nobody knows."""
    known = {**cluster.gone, **{pod.uid: pod for pod in cluster.pods}}
    told = set()
    for each in cluster.preemptions:
        told.add(each.victim)
        victim, winner = known.get(each.victim), known.get(each.winner)
        if victim is None or _track(victim, declared) != "stable":
            continue
        if winner is None or _track(winner, declared) == "canary":
            who = "somebody" if winner is None else _named(winner, declared)
            yield Violation("preemption", victim.name, f"{_named(victim, declared)} for {who}")
    for pod in known.values():
        if pod.displaced and pod.uid not in told and _track(pod, declared) == "stable":
            yield Violation("preemption", pod.name, f"{_named(pod, declared)} for somebody")


def check_quotas(cluster: Cluster) -> Iterator[Violation]:
    """A track requests no more than its quota, waiting pods included."""
    for quota in cluster.quotas:
        asked: Counter[str] = Counter()
        for pod in filter(quota.covers, cluster.pods):
            asked.update(pod.devices)
        for resource, most in quota.devices.items():
            if asked[resource] > most:
                what = f"{asked[resource]} of {most} {resource} are requested"
                yield Violation("quota", quota.where, what, resource=resource)


def _spread(placed: Pod, cluster: Cluster) -> Iterator[Violation]:
    own = cluster.nodes.get(placed.node or "", Node(""))
    pool = own.labels.get(POOL_LABEL)
    eligible = {
        n.name: n for n in cluster.nodes.values() if n.there and n.labels.get(POOL_LABEL) == pool
    }
    for rule in placed.spread:
        counts = {n.labels[rule.key]: 0 for n in eligible.values() if rule.key in n.labels}
        for pod in cluster.pods:
            domain = eligible[pod.node].labels.get(rule.key) if pod.node in eligible else None
            if domain is not None and rule.labels.items() <= pod.labels.items():
                counts[domain] += 1
        here = own.labels.get(rule.key)
        if here is None:
            yield Violation("spread", placed.name, f"on {placed.node}, without label {rule.key}")
        elif (skew := counts[here] - min(counts.values())) > rule.most:
            what = f"{skew} more on {here} than elsewhere by {rule.key}, at most {rule.most}"
            yield Violation("spread", placed.name, what)
