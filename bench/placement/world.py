"""The cluster as its API server tells it; every placement is judged as it happens."""

from __future__ import annotations

import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from bench.placement.checker import (
    Cluster,
    Declared,
    Violation,
    check,
    check_quotas,
    check_spread,
    crowded,
)
from bench.placement.facts import (
    POOL_LABEL,
    Node,
    Object,
    Pod,
    Preemption,
    Quota,
    node_of,
    pod_of,
    preemption_of,
    quota_of,
    revision_of,
)
from bench.placement.follow import LISTED, Follower
from bench.placement.limits import Change, miscounted, requested, unseen
from local.simulated.client import Client, RefusedError
from local.simulated.waiting import wait_until

_PODS, _NODES, _QUOTAS = "/api/v1/pods", "/api/v1/nodes", "/api/v1/resourcequotas"
_SCHEDULER = "default-scheduler"
_LOOKS, _LOOK_S = 3, 0.2
_STEP_S = 0.1
_CAUGHT_UP_S = 60.0
_EXACT = "resourceVersionMatch=Exact"
_PREEMPTED = "/api/v1/events?fieldSelector=reason%3DPreempted"


class World:
    """Follows pods, nodes, quotas and preemptions.

    limits: what is wrong by a limit of Kubernetes, with proof, and so is no violation.
    placements: how often the scheduler has given a pod a node. choices: how often it could put one
    beside another of its version or elsewhere. crowded: how often it then put it beside.
    """

    def __init__(self, client: Client, declared: Declared) -> None:
        self._client, self.declared = client, declared
        self._lock = threading.RLock()
        self._changes: list[Change] = []
        self._counts: dict[str, list[Quota]] = defaultdict(list)
        self._pods: dict[str, Pod] = {}
        self._gone: dict[str, Pod] = {}
        self._nodes: dict[str, Node] = {}
        self._on: dict[str, dict[str, Pod]] = defaultdict(dict)
        self._preemptions: list[Preemption] = []
        self._new: dict[Violation, None] = {}
        self._told: set[Violation] = set()
        self.limits: list[Violation] = []
        self.placements = self.choices = self.crowded = 0
        self._followers = [
            Follower(client, path, see)
            for path, see in (
                (_NODES, self._see_node),
                (_PODS, self._see_pod),
                (_QUOTAS, self._see_quota),
                (_PREEMPTED, self._see_preemption),
            )
        ]

    def violations(self) -> list[Violation]:
        """What was wrong at a placement since the last call, and what is wrong now: each once.

        Raises:
            Exception: what has ended a thread that follows.
        """
        for each in self._followers:
            each.check()
        over = self._over_quota()
        with self._lock:
            self._remember([*self._confirmed(self._cluster), *over])
            found, self._new = list(self._new), {}
            self._told.update(found)
            return found

    def pods(self) -> list[Pod]:
        """Those that are there now."""
        with self._lock:
            return list(self._pods.values())

    def nodes(self) -> dict[str, Node]:
        """Those that are there, or were."""
        with self._lock:
            return dict(self._nodes)

    def settle(self, quiet: float, most: float) -> bool:
        """Wait until no pod has changed for `quiet` seconds; False after `most` seconds."""
        before, calm = -1, 0

        def quiet_now() -> bool:
            nonlocal before, calm
            calm = calm + 1 if before == len(self._changes) else 0
            before = len(self._changes)
            return calm * _STEP_S >= quiet

        return wait_until(quiet_now, most, _STEP_S)

    def _cluster(self) -> Cluster:
        return Cluster(list(self._pods.values()), self._nodes, (), self._preemptions, self._gone)

    def _over_quota(self) -> list[Violation]:
        """What pods request more than they may now; what is proven a limit is put there."""
        with self._lock:
            changes = list(self._changes)
            pods = list(self._pods.values())
        quotas = [quota_of(each) for each in self._client.get(_QUOTAS)["items"]]
        found = []
        for quota in quotas:
            for each in check_quotas(Cluster(pods, {}, [quota])):
                sums = requested(quota, each.resource, changes)
                if miscounted(sums, self._counted(quota, each)):
                    self._limited(each)
                else:
                    found.append(each)
        return found

    def _counted(self, quota: Quota, over: Violation) -> list[tuple[int, int]]:
        """What Kubernetes counted under a quota until now.

        Raises:
            TimeoutError: the counts are not followed any more.
        """
        counts = self._counts[over.where]

        def caught_up() -> bool:
            return bool(counts) and counts[-1].revision >= quota.revision

        if not wait_until(caught_up, _CAUGHT_UP_S, _STEP_S):
            raise TimeoutError(f"{over.where}: not seen after {_CAUGHT_UP_S:g} s")
        return [(each.revision, each.used.get(over.resource, 0)) for each in counts]

    def _see_node(self, kind: str, found: Object) -> None:
        # One that is deleted stays known: its pods are bound to it until they are collected.
        with self._lock:
            node = replace(node_of(found), there=kind != "DELETED")
            self._nodes[node.name] = node

    def _see_quota(self, kind: str, found: Object) -> None:
        if kind != "DELETED":
            quota = quota_of(found)
            self._counts[quota.where].append(quota)

    def _see_preemption(self, kind: str, found: Object) -> None:
        if kind in (LISTED, "ADDED"):
            with self._lock:
                self._preemptions.append(preemption_of(found))

    def _see_pod(self, kind: str, found: Object) -> None:
        uid, revision = found["metadata"]["uid"], revision_of(found)
        pod = None if kind == "DELETED" else pod_of(found)
        with self._lock:
            before = self._pods.pop(uid, None)
            if before is not None and before.node is not None:
                self._on[before.node].pop(uid, None)
            if pod is not None and pod.node is not None and kind != LISTED:
                pod = replace(pod, bound=before.bound if before and before.node else revision)
            self._changes.append((revision, before, pod))
            if pod is None:
                self._gone.update({} if before is None else {uid: before})
                return
            self._pods[uid] = pod
            if pod.node is not None:
                self._on[pod.node][uid] = pod
                if before is not None and before.node is None:
                    self.placements += pod.scheduler == _SCHEDULER
                    self._judge(pod)

    def _judge(self, placed: Pod) -> None:
        """Everything that is on the node of a placement, and on the machine beneath."""
        name = placed.node or ""
        found = self._confirmed(lambda: self._around(name))
        self._count_spread(placed)
        if placed.spread:
            found += check_spread(placed, self._cluster())
        self._remember(found)

    def _count_spread(self, placed: Pod) -> None:
        """Only on nodes that are machines: what else is on a machine is in other pools."""
        own = self._nodes.get(placed.node or "")
        if own is None or self.declared.machine_label in own.labels:
            return
        pool = own.labels.get(POOL_LABEL)
        nodes = {n.name: n for n in self._nodes.values() if n.labels.get(POOL_LABEL) == pool}
        pods = [pod for name in nodes for pod in self._on[name].values()]
        beside = crowded(placed, Cluster(pods, nodes))
        if beside is not None:
            self.choices += 1
            self.crowded += beside

    def _confirmed(self, cluster: Callable[[], Cluster]) -> list[Violation]:
        """Nodes are followed apart from pods, and what is known of one may be a moment old."""
        found = check(cluster(), self.declared)
        for _ in range(_LOOKS):
            nodes = {each.where for each in found if each.kind in ("pool", "devices")}
            if not nodes:
                break
            # A node that comes back is labelled in the next moment.
            time.sleep(_LOOK_S)
            for node in nodes:
                with suppress(RefusedError):
                    self._nodes[node] = node_of(self._client.get(f"{_NODES}/{node}"))
            found = check(cluster(), self.declared)
        return found

    def _around(self, name: str) -> Cluster:
        label = self.declared.machine_label
        machine = self._nodes[name].labels.get(label) if name in self._nodes else None
        names = (
            {name}
            if machine is None
            else {each.name for each in self._nodes.values() if each.labels.get(label) == machine}
        )
        pods = [pod for each in names for pod in self._on[each].values()]
        return Cluster(pods, {each: self._nodes[each] for each in names if each in self._nodes})

    def _remember(self, found: list[Violation]) -> None:
        for each in found:
            if each in self._told or each in self._new:
                continue
            if each.kind == "machine":
                one, other = each.pods
                if unseen(one, other, self._existed):
                    self._limited(each)
                    continue
            self._new[each] = None

    def _limited(self, found: Violation) -> None:
        if found not in self._told:
            self.limits.append(found)
            self._told.add(found)

    def _existed(self, node: str, revision: int) -> bool:
        """Of what is older than some minutes nothing is known: then it is no proof."""
        path = f"{_NODES}?fieldSelector=metadata.name%3D{node}"
        try:
            then = self._client.get(f"{path}&resourceVersion={revision}&{_EXACT}")
        except RefusedError as refused:
            if refused.status == http.client.GONE:
                return True
            raise
        return bool(then["items"])
