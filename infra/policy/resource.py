"""A Kubernetes object as the engine shows it to a policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# As in infra/names.py.
MODEL = "paddle-canary.dev/model"
VERSION = "paddle-canary.dev/version"

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet")
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Settings:
    """What a rule needs to know besides the object.

    stack: name of the stack.
    digest_stacks: prefixes of the stacks whose images must be given by digest.
    shared_models: models that say `isolation: shared`.
    """

    stack: str = ""
    digest_stacks: tuple[str, ...] = ("prod",)
    shared_models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """One object: its kind (`NodePatch` for a patch of a node), name and properties."""

    kind: str
    name: str
    properties: Mapping[str, Any]

    @classmethod
    def of(cls, token: str, name: str, properties: Mapping[str, Any]) -> Resource | None:
        """Read a resource of the engine, such as `kubernetes:apps/v1:Deployment`.

        None for what is no Kubernetes object.
        """
        package, _, rest = token.partition(":")
        if package != "kubernetes" or rest.startswith("providers"):
            return None
        return cls(rest.rpartition(":")[2], name, properties)

    @property
    def metadata(self) -> Mapping[str, Any]:
        return self.properties.get("metadata") or _NOTHING

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.properties.get("spec") or _NOTHING

    @property
    def labels(self) -> Mapping[str, str]:
        return self.metadata.get("labels") or _NOTHING

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.metadata.get("annotations") or _NOTHING

    @property
    def pod(self) -> Mapping[str, Any] | None:
        """The spec of the pods that it makes, or that it is; None for what makes none."""
        if self.kind == "Pod":
            return self.spec
        if self.kind == "CronJob":
            job = (self.spec.get("jobTemplate") or _NOTHING).get("spec") or _NOTHING
            return (job.get("template") or _NOTHING).get("spec") or _NOTHING
        if self.kind in _WORKLOADS:
            return (self.spec.get("template") or _NOTHING).get("spec") or _NOTHING
        return None

    def containers(self) -> Iterator[Mapping[str, Any]]:
        """Every container of its pods, those that run first included."""
        pod = self.pod or _NOTHING
        yield from pod.get("initContainers") or ()
        yield from pod.get("containers") or ()
