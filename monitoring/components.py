"""The Pulumi component of monitoring. It registers what the pure modules computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, Resource, ResourceOptions

from infra.components import pull_secret, register, registered_secret
from infra.config import Alerting, Secret, StackConfig
from monitoring.collection import manifests, secrets
from monitoring.collection.names import labels

_PROGRAMS = ("Deployment", "StatefulSet", "Alertmanager")


@dataclass(frozen=True)
class MonitoringArgs:
    """A stack, and how its alerts are collected and delivered."""

    config: StackConfig
    alerting: Alerting


class Monitoring(ComponentResource):
    """Collection of metrics, rules, and delivery of alerts; of a group, its rules alone."""

    def __init__(
        self, name: str, args: MonitoringArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("paddle-canary:monitoring:Monitoring", name, {}, opts)
        config, where = args.config, args.alerting.namespace
        if not config.owns_alerting:
            for each in manifests(config):
                register(each, ResourceOptions(parent=self))
            self.register_outputs({})
            return
        first, *others = manifests(config)
        home = register(first, ResourceOptions(parent=self))
        inside = ResourceOptions(parent=self, depends_on=[home])
        read: list[Resource] = [
            registered_secret(_secret(where, each, files), inside)
            for each, files in secrets(config).items()
        ]
        if config.registry is not None:
            read.append(pull_secret(where, config.registry, inside))
        read += [
            register(each, inside, config.groups)
            for each in others
            if each["kind"] not in _PROGRAMS
        ]
        # A pod whose files are there already starts without trying twice.
        last = ResourceOptions(parent=self, depends_on=[home, *read])
        for each in others:
            if each["kind"] in _PROGRAMS:
                register(each, last)
        self.register_outputs({})


def monitoring(config: StackConfig, opts: ResourceOptions) -> None:
    """Declare the monitoring of a stack; nothing for one without `alerting`."""
    if config.alerting is not None:
        Monitoring("monitoring", MonitoringArgs(config, config.alerting), opts)


def _secret(namespace: str, name: str, files: Mapping[str, Secret]) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels(name.removesuffix("-secrets")),
        },
        "stringData": pulumi.Output.secret({file: each.value for file, each in files.items()}),
    }
