"""Pulumi components. They register what the pure modules computed, and decide nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import ComponentResource, CustomTimeouts, Resource, ResourceOptions

from infra.config import Registry, StackConfig
from infra.guard import Record
from infra.isolation import Manifest, namespace
from infra.model import autoscaler, deployment, disruption_budget, service
from infra.names import MANAGED_BY, REGISTRY_SECRET
from infra.node_pools import node_patches
from infra.traffic import must_be_ready, routes

_KINDS: Mapping[str, Any] = {
    "Namespace": kubernetes.core.v1.Namespace,
    "Node": kubernetes.core.v1.NodePatch,
    "Service": kubernetes.core.v1.Service,
    "Deployment": kubernetes.apps.v1.Deployment,
    "PodDisruptionBudget": kubernetes.policy.v1.PodDisruptionBudget,
    "HorizontalPodAutoscaler": kubernetes.autoscaling.v2.HorizontalPodAutoscaler,
    "Ingress": kubernetes.networking.v1.Ingress,
}
_ANY: Any = kubernetes.apiextensions.CustomResource


def register(manifest: Manifest, opts: ResourceOptions) -> Resource:
    """Register a Kubernetes object under its own name, so that a preview reads like kubectl."""
    name = manifest["metadata"]["name"]
    rest = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    kind = _KINDS.get(manifest["kind"])
    if kind is None:
        kind, rest["api_version"], rest["kind"] = _ANY, manifest["apiVersion"], manifest["kind"]
    resource: Resource = kind(name, opts=opts, **rest)
    return resource


@dataclass(frozen=True)
class PlatformArgs:
    """What all models of a stack stand on."""

    config: StackConfig


class Platform(ComponentResource):
    """The namespace, the pull secret and the node pools."""

    def __init__(self, name: str, args: PlatformArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("paddle-canary:platform:Platform", name, {}, opts)
        config = args.config
        child = ResourceOptions(parent=self)
        self.namespace = register(namespace(config.namespace), child)
        if config.registry is not None:
            _pull_secret(
                config.namespace,
                config.registry,
                ResourceOptions(parent=self, depends_on=[self.namespace]),
            )
        for pool_name, pool in config.node_pools.items():
            for patch in node_patches(pool_name, pool):
                register(patch, child)
        self.register_outputs({})


@dataclass(frozen=True)
class ModelReleaseArgs:
    """One model of the stack, and what the last update left of it."""

    config: StackConfig
    model: str
    last: Record | None


class ModelRelease(ComponentResource):
    """One model: the workload of each version, and the routes between them."""

    def __init__(
        self, name: str, args: ModelReleaseArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("paddle-canary:model:ModelRelease", name, {}, opts)
        config, model = args.config, args.config.models[args.model]
        workloads = {
            version: self._workload(config, args.model, version) for version in model.versions
        }
        ready = must_be_ready(model, args.last)
        self._routes(
            routes(config, args.model),
            [resource for version in sorted(ready) for resource in workloads[version]],
        )
        self.register_outputs({})

    def _workload(self, config: StackConfig, model: str, version: str) -> list[Resource]:
        timeout = f"{config.models[model].versions[version].ready_timeout.total_seconds():.0f}s"
        scaler = autoscaler(config, model, version)
        pods = register(
            deployment(config, model, version),
            ResourceOptions(
                parent=self,
                custom_timeouts=CustomTimeouts(create=timeout, update=timeout),
                # With an autoscaler the number of pods is the cluster's business.
                ignore_changes=["spec.replicas"] if scaler else None,
            ),
        )
        for manifest in (disruption_budget(config, model, version), scaler):
            if manifest is not None:
                register(manifest, ResourceOptions(parent=self))
        return [pods, register(service(config, model, version), ResourceOptions(parent=self))]

    def _routes(self, manifests: Iterable[Manifest], ready: list[Resource]) -> None:
        for manifest in manifests:
            register(manifest, ResourceOptions(parent=self, depends_on=ready))


def _pull_secret(namespace_name: str, registry: Registry, opts: ResourceOptions) -> None:
    password = registry.password.value
    auth = base64.b64encode(f"{registry.username}:{password}".encode()).decode()
    entry = {"username": registry.username, "password": password, "auth": auth}
    kubernetes.core.v1.Secret(
        REGISTRY_SECRET,
        metadata={"name": REGISTRY_SECRET, "namespace": namespace_name, "labels": dict(MANAGED_BY)},
        type="kubernetes.io/dockerconfigjson",
        string_data=pulumi.Output.secret(
            {".dockerconfigjson": json.dumps({"auths": {registry.server: entry}})}
        ),
        opts=opts,
    )
