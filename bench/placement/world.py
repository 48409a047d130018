"""The cluster as its API server tells it; every placement is judged as it happens."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from bench.placement.checker import Cluster, Declared, Violation, check, check_spread, crowded
from bench.placement.facts import (
    POOL_LABEL,
    Node,
    Object,
    Pod,
    Preemption,
    node_of,
    pod_of,
    preemption_of,
    quota_of,
)
from local.simulated.client import Client, RefusedError
from local.simulated.waiting import wait_until

_PODS, _NODES, _QUOTAS = "/api/v1/pods", "/api/v1/nodes", "/api/v1/resourcequotas"
_SCHEDULER = "default-scheduler"
_LOOKS, _LOOK_S = 3, 0.2
_STEP_S = 0.1
_PREEMPTED = "/api/v1/events?fieldSelector=reason%3DPreempted"


class World:
    """Follows pods, nodes and preemptions with a thread each, as daemons.

    placements: how often the scheduler has given a pod a node. choices: how often it could put one
    beside another of its version or elsewhere. crowded: how often it then put it beside.
    """

    def __init__(self, client: Client, declared: Declared) -> None:
        self._client, self.declared = client, declared
        self._lock = threading.RLock()
        self._changes = 0
        self._failure: Exception | None = None
        self._pods: dict[str, Pod] = {}
        self._gone: dict[str, Pod] = {}
        self._nodes: dict[str, Node] = {}
        self._on: dict[str, dict[str, Pod]] = defaultdict(dict)
        self._preemptions: list[Preemption] = []
        self._new: dict[Violation, None] = {}
        self._told: set[Violation] = set()
        self.placements = self.choices = self.crowded = 0
        for path, see in (
            (_NODES, self._see_node),
            (_PODS, self._see_pod),
            (_PREEMPTED, self._see_preemption),
        ):
            threading.Thread(target=self._follow, args=(path, see), daemon=True).start()

    def violations(self) -> list[Violation]:
        """What was wrong at a placement since the last call, and what is wrong now: each once.

        Raises:
            Exception: what has ended a thread that follows.
        """
        quotas = [quota_of(each) for each in self._client.get(_QUOTAS)["items"]]
        with self._lock:
            if self._failure is not None:
                raise self._failure
            self._remember(self._confirmed(lambda: replace(self._cluster(), quotas=quotas)))
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
            calm = calm + 1 if before == self._changes else 0
            before = self._changes
            return calm * _STEP_S >= quiet

        return wait_until(quiet_now, most, _STEP_S)

    def _cluster(self) -> Cluster:
        return Cluster(list(self._pods.values()), self._nodes, (), self._preemptions, self._gone)

    def _follow(self, path: str, see: Callable[[str, Object], None]) -> None:
        try:
            listed = self._client.get(path)
            for each in listed["items"]:
                see("ADDED", each)
            version = listed["metadata"]["resourceVersion"]
            while True:
                # The API server ends a watch after a while.
                for event in self._client.watch(path, version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    see(event["type"], event["object"])
        except Exception as problem:
            # Whoever asks next is told.
            self._failure = problem

    def _see_node(self, kind: str, found: Object) -> None:
        # One that is deleted stays known: its pods are bound to it until they are collected.
        if kind != "DELETED":
            with self._lock:
                self._nodes[found["metadata"]["name"]] = node_of(found)

    def _see_preemption(self, kind: str, found: Object) -> None:
        if kind == "ADDED":
            with self._lock:
                self._preemptions.append(preemption_of(found))

    def _see_pod(self, kind: str, found: Object) -> None:
        uid = found["metadata"]["uid"]
        pod = None if kind == "DELETED" else pod_of(found)
        with self._lock:
            self._changes += 1
            before = self._pods.pop(uid, None)
            if before is not None and before.node is not None:
                self._on[before.node].pop(uid, None)
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
        self._new.update((each, None) for each in found if each not in self._told)
