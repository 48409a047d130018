"""The pods of a rendered stack, and strangers beside them, for an analyser of policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from infra.config import StackConfig
from render import manifests

Manifest = dict[str, Any]
CONTROLLERS = ("Deployment", "StatefulSet")
NAMESPACE_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Pod:
    """A pod of a stack (by its controller's name), or somebody with these labels elsewhere."""

    name: str
    namespace: str
    labels: tuple[tuple[str, str], ...]
    ports: tuple[int, ...] = ()

    def peer(self) -> Manifest:
        """As Cyclonus describes who sends or is sent to."""
        return {
            "Internal": {
                "Namespace": self.namespace,
                "NamespaceLabels": {NAMESPACE_NAME: self.namespace},
                "PodLabels": dict(self.labels),
            },
            "IP": "10.1.0.1",
        }


@dataclass(frozen=True)
class Outside:
    """An address that is no pod's."""

    name: str
    address: str

    def peer(self) -> Manifest:
        """As Cyclonus describes who sends or is sent to."""
        return {"IP": self.address}


Peer = Pod | Outside


def own_pods(config: StackConfig) -> Iterator[Pod]:
    """One pod of each controller that the stack renders, with the labels that it gets."""
    for manifest in manifests(config):
        if manifest["kind"] in CONTROLLERS:
            template = manifest["spec"]["template"]
            yield Pod(
                manifest["metadata"]["name"],
                manifest["metadata"]["namespace"],
                tuple(sorted(template["metadata"]["labels"].items())),
                tuple(_ports(template["spec"]["containers"])),
            )


def policies(config: StackConfig) -> list[Manifest]:
    """Every NetworkPolicy that the stack renders."""
    return [each for each in manifests(config) if each["kind"] == "NetworkPolicy"]


def pod(name: str, namespace: str, **labels: str) -> Pod:
    """Somebody else's pod; labels with `_` for what cannot stand in a name here."""
    found = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return Pod(name, namespace, tuple(sorted(found.items())))


def _ports(containers: Iterable[Manifest]) -> Iterator[int]:
    for container in containers:
        for port in container.get("ports", ()):
            yield port["containerPort"]
