"""What the checker knows of a cluster, read from the API server's own JSON.

Imports nothing of infra/, and neither does the checker: labels and rules stand here a second time,
on purpose, so that a mistake there is not a mistake here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]

_PREFIX = "paddle-canary.dev"
POOL_LABEL, TRACK_LABEL = f"{_PREFIX}/pool", f"{_PREFIX}/track"
# See https://github.com/Project-HAMi/HAMi/issues/991; a container without cards is `,,0,0:`.
_HAMI_CARDS = "hami.io/vgpu-devices-allocated"
_SUFFIXES = {"k": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True)
class Spread:
    """A constraint that the scheduler must keep (`DoNotSchedule`), over nodes with label `key`."""

    key: str
    most: int
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Pod:
    """A pod that takes its place: neither gone nor at its end.

    model, version: None for somebody else's pod. node: None while it waits.
    devices: what it requests of extended resources. cards: ids of those that it is known to have;
    without the annotation of HAMi's scheduler nobody but the node's kubelet knows them.
    displaced: whether the scheduler takes it away for another. leaving: whether it is deleted.
    bound: the revision with which it got its node; 0 where it had that before anybody looked.
    """

    uid: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    node: str | None = None
    scheduler: str = ""
    devices: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    priority_class: str = ""
    preempts: bool = True
    tolerations: tuple[Object, ...] = ()
    spread: tuple[Spread, ...] = ()
    cards: frozenset[str] = frozenset()
    displaced: bool = False
    leaving: bool = False
    bound: int = 0

    @property
    def model(self) -> str | None:
        return self.labels.get(f"{_PREFIX}/model")

    @property
    def version(self) -> str | None:
        return self.labels.get(f"{_PREFIX}/version")


@dataclass(frozen=True)
class Node:
    """`devices`: how many of each extended resource it offers.

    there: whether its object is. Pods stay bound to one that is deleted until they are collected.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Object, ...] = ()
    devices: Mapping[str, int] = field(default_factory=dict)
    there: bool = True


@dataclass(frozen=True)
class Quota:
    """What pods of some priority classes may request together in a namespace.

    used: what Kubernetes counts that they do, as it was written with `revision`.
    """

    name: str
    namespace: str
    classes: frozenset[str]
    devices: Mapping[str, int]
    used: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0

    @property
    def where(self) -> str:
        return f"{self.namespace}/{self.name}"

    def covers(self, pod: Pod) -> bool:
        """Whether it limits a pod."""
        return pod.namespace == self.namespace and pod.priority_class in self.classes


@dataclass(frozen=True)
class Preemption:
    """The scheduler took `victim` (uid) away for `winner` (uid)."""

    victim: str
    winner: str


def pod_of(found: Object) -> Pod | None:
    """None for a pod that has ended: it takes no place any more."""
    metadata, spec, status = found["metadata"], found["spec"], found.get("status", {})
    if status.get("phase") in ("Succeeded", "Failed"):
        return None
    return Pod(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=metadata["namespace"],
        labels=metadata.get("labels", {}),
        node=spec.get("nodeName"),
        scheduler=spec.get("schedulerName", ""),
        devices=_requested(spec["containers"]),
        priority=spec.get("priority", 0),
        priority_class=spec.get("priorityClassName", ""),
        preempts=spec.get("preemptionPolicy") != "Never",
        tolerations=tuple(spec.get("tolerations", ())),
        spread=tuple(
            Spread(each["topologyKey"], each["maxSkew"], each["labelSelector"]["matchLabels"])
            for each in spec.get("topologySpreadConstraints", ())
            if each["whenUnsatisfiable"] == "DoNotSchedule"
        ),
        cards=_cards(metadata.get("annotations", {}).get(_HAMI_CARDS, "")),
        displaced=any(
            each["type"] == "DisruptionTarget" and each.get("reason") == "PreemptionByScheduler"
            for each in status.get("conditions", ())
        ),
        leaving="deletionTimestamp" in metadata,
    )


def node_of(found: Object) -> Node:
    return Node(
        found["metadata"]["name"],
        found["metadata"].get("labels", {}),
        tuple(found["spec"].get("taints", ())),
        _devices(found["status"].get("allocatable", {})),
    )


def quota_of(found: Object) -> Quota:
    selected = found["spec"].get("scopeSelector", {}).get("matchExpressions", ())
    return Quota(
        found["metadata"]["name"],
        found["metadata"]["namespace"],
        frozenset(value for each in selected for value in each.get("values", ())),
        _limited(found["spec"]["hard"]),
        _limited(found.get("status", {}).get("used", {})),
        revision_of(found),
    )


def revision_of(found: Object) -> int:
    """etcd numbers all writes, whatever they are about: the greater number was written later.

    That of a deletion is in the watch's event `DELETED`.
    """
    return int(found["metadata"]["resourceVersion"])


def preemption_of(event: Object) -> Preemption:
    """Of the scheduler's event `Preempted`, which is about the victim and names the winner."""
    return Preemption(event["involvedObject"]["uid"], event.get("related", {}).get("uid", ""))


def whole(quantity: str) -> int:
    """A quantity of devices: the API server writes 2000 as `2k`."""
    factor = _SUFFIXES.get(quantity[-1:], 1)
    return int(quantity if factor == 1 else quantity[:-1]) * factor


def _requested(containers: Iterable[Object]) -> dict[str, int]:
    together: dict[str, int] = {}
    for container in containers:
        for name, number in _devices(container.get("resources", {}).get("requests", {})).items():
            together[name] = together.get(name, 0) + number
    return together


def _devices(resources: Mapping[str, str]) -> dict[str, int]:
    """Extended resources alone: processors and memory have no slash in their names."""
    return {name: whole(each) for name, each in resources.items() if "/" in name}


def _limited(amounts: Mapping[str, str]) -> dict[str, int]:
    return _devices({name.removeprefix("requests."): each for name, each in amounts.items()})


def _cards(annotation: str) -> frozenset[str]:
    """`id,type,memory,cores:` for each card, containers apart by `;`."""
    parts = annotation.replace(";", ":").split(":")
    return frozenset(part.split(",")[0] for part in parts) - {""}
