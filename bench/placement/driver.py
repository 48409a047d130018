"""Does to a simulated cluster what Pulumi, Karpenter and people with `kubectl` do to a real one."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from bench.placement.fleet import NAMESPACE, Machine
from bench.placement.life import Troubles
from infra.config import StackConfig
from infra.isolation import Manifest
from local.simulated.client import Client, Object, RefusedError
from local.simulated.cluster import FAILED, SimulationError
from local.simulated.waiting import wait_until
from render import manifests

_T = TypeVar("_T")

_MANAGER = "pulumi"
_AT_ONCE = 8
_APPEARS_S = 60.0
_CORE, _APPS = "/api/v1", "/apis/apps/v1"
_IN_NAMESPACE = f"namespaces/{NAMESPACE}"
# In the order of their need. Routes and Services place nothing.
_PATHS: Mapping[str, str] = {
    "Namespace": f"{_CORE}/namespaces",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "ResourceQuota": f"{_CORE}/{_IN_NAMESPACE}/resourcequotas",
    "PodDisruptionBudget": f"/apis/policy/v1/{_IN_NAMESPACE}/poddisruptionbudgets",
    "Deployment": f"{_APPS}/{_IN_NAMESPACE}/deployments",
}
PODS = f"{_CORE}/{_IN_NAMESPACE}/pods"
NODES = f"{_CORE}/nodes"
QUOTAS = _PATHS["ResourceQuota"]
EVENTS = f"{_CORE}/{_IN_NAMESPACE}/events"
DEPLOYMENTS = _PATHS["Deployment"]


class Driver:
    """Keeps what was applied, so that a change of the stack writes what it changes."""

    def __init__(self, client: Client, there: Iterable[Machine]) -> None:
        self.client = client
        self._machines = {each.name: each for each in there}
        self._applied: dict[tuple[str, str], Manifest] = {}
        self._patches: dict[str, Manifest] = {}
        self._templates: dict[str, Manifest] = {}
        self._troubles = Troubles()

    def begin(self, config: StackConfig) -> None:
        """All nodes, then the stack's objects."""
        self._learn_of_pools(config)
        self._each(self._register, self._machines)
        self.update(config)

    def update(self, config: StackConfig) -> None:
        """What `pulumi up` does: changed objects are applied, those that are no more deleted."""
        wanted = {
            (each["kind"], each["metadata"]["name"]): each
            for each in manifests(config)
            if each["kind"] in _PATHS
        }
        for kind, path in _PATHS.items():
            changed = [
                each
                for key, each in wanted.items()
                if key[0] == kind and self._applied.get(key) != each
            ]
            self._each(partial(self._apply, path), changed)
            if kind in ("Namespace", "ResourceQuota") and changed:
                self._wait_for_admission()
        gone = [f"{_PATHS[kind]}/{name}" for kind, name in self._applied.keys() - wanted.keys()]
        self._each(self.client.delete, gone)
        self._applied = wanted

    def template(self, deployment: str) -> Manifest:
        """Of the pods of a Deployment, as it was applied."""
        found: Manifest = self._applied["Deployment", deployment]["spec"]["template"]
        return found

    def restore(self, kind: str, name: str) -> None:
        """Undo what somebody did to an object by hand."""
        self._apply(_PATHS[kind], self._applied[kind, name])

    def scale(self, deployment: str, replicas: int) -> None:
        """By hand, past the stack."""
        path = f"{DEPLOYMENTS}/{deployment}/scale"
        self.client.patch(path, {"spec": {"replicas": replicas}})

    def trouble(self, now: Troubles) -> None:
        """Nodes fail, go, are drained, and come back.

        A drain takes what the budgets let go, and tries again with the next call.
        """
        before, self._troubles = self._troubles, now
        self._each(lambda name: self._fail(name, False), before.failed - now.failed - now.gone)
        self._each(lambda name: self._cordon(name, False), before.drained - now.drained - now.gone)
        self._each(self._register, before.gone - now.gone)
        self._each(lambda name: self._fail(name, True), now.failed - before.failed)
        self._each(lambda name: self._cordon(name, True), now.drained - before.drained)
        self._each(lambda name: self.client.delete(f"{NODES}/{name}"), now.gone - before.gone)
        if now.drained:
            pods = self.client.get(PODS)["items"]
            self._each(
                self._evict,
                [each for each in pods if each["spec"].get("nodeName") in now.drained],
            )

    def _learn_of_pools(self, config: StackConfig) -> None:
        for each in manifests(config):
            if each["kind"] == "Node":
                self._patches[each["metadata"]["name"]] = each
            if each["kind"] == "NodePool":
                self._templates[each["metadata"]["name"]] = each["spec"]["template"]

    def _register(self, name: str) -> None:
        """A node comes: the stack patches those that it names, Karpenter makes others as told."""
        machine = self._machines[name]
        manifest = machine.manifest()
        if template := self._templates.get(machine.pool):
            manifest["metadata"]["labels"] |= template["metadata"]["labels"]
            manifest["spec"] = {"taints": template["spec"]["taints"]}
        _until(lambda: self._created(manifest), f"node {name}")
        if patch := self._patches.get(name):
            self.client.apply(f"{NODES}/{name}", patch, _MANAGER)

    def _created(self, node: Manifest) -> bool:
        """Whether a node is there now, also by a request that got no answer in time."""
        try:
            self.client.create(NODES, node)
        except RefusedError as refused:
            if refused.busy:
                return False
            if refused.status != http.client.CONFLICT:
                raise
        return True

    def _apply(self, path: str, manifest: Manifest) -> None:
        self.client.apply(f"{path}/{manifest['metadata']['name']}", manifest, _MANAGER)

    def _wait_for_admission(self) -> None:
        """Until pods are admitted: their account is there, and quotas are counted."""
        _until(lambda: self._there(f"{_CORE}/{_IN_NAMESPACE}/serviceaccounts/default"), "account")
        _until(
            lambda: all(
                "hard" in each.get("status", {}) for each in self.client.get(QUOTAS)["items"]
            ),
            "counted quota",
        )

    def _there(self, path: str) -> bool:
        try:
            self.client.get(path)
        except RefusedError as refused:
            if refused.status == http.client.NOT_FOUND:
                return False
            raise
        return True

    def _fail(self, name: str, failed: bool) -> None:
        change = {"metadata": {"annotations": {FAILED: "true" if failed else None}}}
        self.client.patch(f"{NODES}/{name}", change)

    def _cordon(self, name: str, cordoned: bool) -> None:
        self.client.patch(f"{NODES}/{name}", {"spec": {"unschedulable": cordoned or None}})

    def _evict(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": NAMESPACE},
        }
        try:
            self.client.create(f"{PODS}/{name}/eviction", eviction)
        except RefusedError as refused:
            later = refused.status in (http.client.TOO_MANY_REQUESTS, http.client.NOT_FOUND)
            if not (later or refused.busy):
                raise

    def _each(self, what: Callable[[_T], object], items: Iterable[_T]) -> None:
        # Whatever one of them raises is raised here, when all are done.
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for _ in threads.map(what, items):
                pass


def _until(condition: Callable[[], bool], what: str) -> None:
    if not wait_until(condition, _APPEARS_S):
        raise SimulationError(f"no {what} after {_APPEARS_S:g} s")
