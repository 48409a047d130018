"""Pulumi components. They register what the pure modules computed, and decide nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

import pulumi
from pulumi import ComponentResource, CustomResource, CustomTimeouts, Resource, ResourceOptions

from infra.clouds import managed_node_pool
from infra.config import ManagedPool, Registry, StackConfig
from infra.guard import Record
from infra.isolation import Manifest, namespace
from infra.model import TERMINATION_SECONDS, autoscaler, deployment, disruption_budget, service
from infra.names import DELETE_AT_ONCE, MANAGED_BY, REGISTRY_SECRET
from infra.node_pools import pool_objects
from infra.tracks import priority_classes, quotas
from infra.traffic import must_be_ready, routes

# The engine starts the provider in the version of the package that it belongs to.
_PROVIDER = ResourceOptions(version=metadata.version("pulumi-kubernetes"))


def register(manifest: Manifest, opts: ResourceOptions, groups: Collection[str] = ()) -> Resource:
    """Register a Kubernetes object under its own name, so that a preview reads like kubectl.

    Objects in the namespaces of `groups`, each of which has the same, are `<namespace>/<name>`.

    The classes of `pulumi_kubernetes` check nothing of a dictionary, and every update would spend
    most of the program's time on importing and discarding them: the provider needs the type's
    token only.
    """
    group = "core/v1" if manifest["apiVersion"] == "v1" else manifest["apiVersion"]
    # A node is somebody else's object, of which we own some fields.
    kind = "NodePatch" if manifest["kind"] == "Node" else manifest["kind"]
    name, where = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
    return CustomResource(
        f"kubernetes:{group}:{kind}",
        f"{where}/{name}" if where in groups else name,
        manifest,
        ResourceOptions.merge(_PROVIDER, opts),
    )


@dataclass(frozen=True)
class PlatformArgs:
    """What all models of a stack stand on."""

    config: StackConfig


class Platform(ComponentResource):
    """The namespaces, what each track may take of the cluster, and the pull secrets.

    `ready` is what everything of the stack comes after: pods of a priority class that is not there
    are refused.
    """

    def __init__(self, name: str, args: PlatformArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("paddle-canary:platform:Platform", name, {}, opts)
        config = args.config
        opts = ResourceOptions(parent=self)
        self.ready: list[Resource] = [
            *(register(namespace(each), opts) for each in config.namespaces),
            *(register(each, opts) for each in priority_classes(config)),
        ]
        opts = ResourceOptions(parent=self, depends_on=self.ready)
        for quota in quotas(config):
            register(quota, opts, config.groups)
        if config.registry is not None:
            for each in config.namespaces:
                pull_secret(each, config.registry, opts, config.groups)
        self.register_outputs({})


@dataclass(frozen=True)
class NodePoolArgs:
    """A pool of the stack file: its key in `nodePools` is the component's name."""

    config: StackConfig


class NodePool(ComponentResource):
    """The nodes of one pool, with its label and taint, and what claims of them are made from."""

    def __init__(self, name: str, args: NodePoolArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("paddle-canary:node_pools:NodePool", name, {}, opts)
        pool = args.config.node_pools[name]
        if isinstance(pool, ManagedPool) and args.config.owns_platform:
            managed_node_pool(name, pool, ResourceOptions(parent=self))
        for manifest in pool_objects(args.config, name):
            register(manifest, ResourceOptions(parent=self))
        self.register_outputs({})


@dataclass(frozen=True)
class ModelReleaseArgs:
    """One model of the stack, and what was found of it before this update."""

    config: StackConfig
    model: str
    last: Record | None


class ModelRelease(ComponentResource):
    """One model: the workload of each version, and the routes between them.

    Its parts are declared in two calls, `deploy` and `route`, because what has nothing to wait for
    is routed before anything else of the stack is touched.
    """

    def __init__(
        self, name: str, args: ModelReleaseArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("paddle-canary:model:ModelRelease", name, {}, opts)
        self._args = args
        self._model = args.config.models[args.model]
        self._waits_for = must_be_ready(self._model, args.last)
        self.register_outputs({})

    @property
    def waits(self) -> bool:
        """Whether the routes must wait for pods: some version gets more than it had."""
        return bool(self._waits_for)

    def deploy(self) -> dict[str, list[Resource]]:
        """Declare Deployment, Service, budget and autoscaler of each version.

        Returns for each version what its readiness consists of.
        """
        return {version: self._workload(version) for version in self._model.versions}

    def route(self, workloads: Mapping[str, Sequence[Resource]]) -> list[Resource]:
        """Declare the routes, each after the one before it, and after the pods they wait for."""
        after = [resource for version in sorted(self._waits_for) for resource in workloads[version]]
        routed: list[Resource] = []
        corrected = self._args.last.corrected if self._args.last else None
        for manifest in routes(self._args.config, self._args.model, corrected):
            opts = ResourceOptions(parent=self, depends_on=[*after, *routed])
            routed.append(register(manifest, opts))
        return routed

    def _workload(self, version: str) -> list[Resource]:
        config, name = self._args.config, self._args.model
        timeout = f"{self._model.versions[version].ready_timeout.total_seconds():.0f}s"
        scaler = autoscaler(config, name, version)
        opts = ResourceOptions(parent=self)
        pods_opts = ResourceOptions(
            # The provider may miss that the pods are gone, and looks once more when the time is up.
            custom_timeouts=CustomTimeouts(
                create=timeout, update=timeout, delete=f"{2 * TERMINATION_SECONDS}s"
            ),
            # With an autoscaler the number of pods is the cluster's business.
            ignore_changes=["spec.replicas"] if scaler else None,
        )
        for manifest in (disruption_budget(config, name, version), scaler):
            if manifest is not None:
                register(manifest, opts)
        return [
            register(deployment(config, name, version), ResourceOptions.merge(opts, pods_opts)),
            register(service(config, name, version), opts),
        ]


def pull_secret(
    namespace_name: str, registry: Registry, opts: ResourceOptions, groups: Collection[str] = ()
) -> Resource:
    """Declare what the kubelet shows to a registry, in one namespace."""
    password = registry.password.value
    auth = base64.b64encode(f"{registry.username}:{password}".encode()).decode()
    entry = {"username": registry.username, "password": password, "auth": auth}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": REGISTRY_SECRET,
            "namespace": namespace_name,
            "labels": dict(MANAGED_BY),
        },
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": pulumi.Output.secret(
            {".dockerconfigjson": json.dumps({"auths": {registry.server: entry}})}
        ),
    }
    return registered_secret(secret, opts, groups)


def registered_secret(
    secret: Manifest, opts: ResourceOptions, groups: Collection[str] = ()
) -> Resource:
    """Register a Secret whose `stringData` is a secret output."""
    secret["metadata"]["annotations"] = DELETE_AT_ONCE
    # The cluster hands it back as `data`, which nobody marked as a secret.
    hidden = ResourceOptions(additional_secret_outputs=["data", "stringData"])
    return register(secret, ResourceOptions.merge(hidden, opts), groups)
