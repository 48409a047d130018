"""Collection of metrics and delivery of alerts as Kubernetes objects, in both modes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.config import Secret, StackConfig
from infra.isolation import Manifest, namespace
from infra.names import DELETE_AT_ONCE, MANAGED_BY
from monitoring.collection.alertmanager import alertmanager
from monitoring.collection.config_maps import rule_maps
from monitoring.collection.controller import controller
from monitoring.collection.exporter import exporter
from monitoring.collection.names import ALERTMANAGER, PROMETHEUS, RELAY
from monitoring.collection.network import network_policies
from monitoring.collection.operator import operator, prometheus_rules
from monitoring.collection.prometheus import prometheus
from monitoring.collection.relay import relay
from monitoring.dashboards.manifests import manifests as dashboards
from monitoring.secret_files import alertmanager_files, prometheus_files, relay_files

__all__ = ["manifests", "secrets"]


def manifests(config: StackConfig) -> Iterator[Manifest]:
    """Every object of monitoring, but for the secrets; none for a stack without `alerting`.

    Of a group, whose base collects and delivers, it is the rules about its own models.

    Programs come after what they read.
    """
    if config.alerting is None:
        return
    if not config.owns_alerting:
        embedded = config.alerting.mode == "embedded"
        yield from rule_maps(config) if embedded else prometheus_rules(config)
        return
    yield namespace(config.alerting.namespace)
    yield _priority(config.alerting.namespace)
    yield from network_policies(config)
    yield from dashboards(config)
    yield from exporter(config)
    yield from relay(config)
    yield from controller(config)
    if config.alerting.mode == "operator":
        yield from operator(config)
        return
    yield from alertmanager(config)
    yield from prometheus(config)


def secrets(config: StackConfig) -> dict[str, Mapping[str, Secret]]:
    """Files by the name of the Secret that holds them: each program sees its own alone."""
    if not config.owns_alerting:
        return {}
    embedded = config.alerting is not None and config.alerting.mode == "embedded"
    found = {
        PROMETHEUS: prometheus_files(config) if embedded else {},
        ALERTMANAGER: alertmanager_files(config),
        RELAY: relay_files(config),
    }
    return {f"{part}-secrets": files for part, files in found.items() if files}


def _priority(name: str) -> Manifest:
    """Above models (infra/tracks.py): what tells of a full cluster must find a place in it."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        # It belongs to no namespace: the name keeps those of two stacks apart.
        "metadata": {"name": name, "labels": dict(MANAGED_BY), "annotations": DELETE_AT_ONCE},
        "value": 1_000_000,
        "description": "Metrics and alerts of paddle-canary",
    }
