"""Alertmanager of mode `embedded`: one pod, or two that tell each other what they have told."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import Alerting, StackConfig
from infra.isolation import HOSTNAME, Manifest
from infra.names import DELETE_AT_ONCE
from infra.plain_yaml import dump
from monitoring.alertmanager import alertmanager_config
from monitoring.collection import pods
from monitoring.collection.config_maps import config_map
from monitoring.collection.names import (
    ALERTMANAGER,
    CONFIGURATION,
    GOSSIP_PORT,
    PORT_NAME,
    PORTS,
    alertmanager_hosts,
    labels,
    selector,
)
from monitoring.collection.prometheus import own_address
from monitoring.secret_files import alertmanager_files
from monitoring.stack import alerting_of

_FILE = "alertmanager.yml"
_DATA = "/alertmanager"
# Silences and what was told: small.
VOLUME = "1Gi"


def alertmanager(config: StackConfig) -> Iterator[Manifest]:
    """Everything that it consists of."""
    alerting = alerting_of(config)
    files = {_FILE: dump(alertmanager_config(config))}
    yield config_map(config, ALERTMANAGER, ALERTMANAGER, files)
    ports = {PORT_NAME: PORTS[ALERTMANAGER]}
    if alerting.alertmanagers > 1:
        ports["gossip"] = GOSSIP_PORT
        yield _budget(config)
    yield pods.service(config, ALERTMANAGER, ports)
    configuration = pods.configuration(ALERTMANAGER)
    volumes = [
        configuration,
        *([pods.secrets(ALERTMANAGER)] if alertmanager_files(config) else []),
        pods.data(_DATA),
    ]
    started = pods.container(
        ALERTMANAGER,
        alerting.images.alertmanager,
        ["/bin/alertmanager", *_flags(alerting)],
        volumes,
        cpu="50m",
        memory="256Mi",
    )
    server = pods.serving(ALERTMANAGER, started, ready="/-/ready", live="/-/healthy")
    if alerting.alertmanagers > 1:
        server["ports"].append({"name": "gossip", "containerPort": GOSSIP_PORT})
    containers = [server, _reloader(alerting, configuration)]
    template = pods.template(config, ALERTMANAGER, containers, volumes)
    template["spec"]["affinity"] = apart(ALERTMANAGER)
    yield pods.stateful_set(config, ALERTMANAGER, template, VOLUME, alerting.alertmanagers)


def apart(part: str) -> Manifest:
    """Preferably, no two of its pods share a node."""
    term = {"labelSelector": {"matchLabels": selector(part)}, "topologyKey": HOSTNAME}
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def _flags(alerting: Alerting) -> list[str]:
    flags = {
        "config.file": f"{CONFIGURATION}/{ALERTMANAGER}/{_FILE}",
        "storage.path": _DATA,
        "web.listen-address": f":{PORTS[ALERTMANAGER]}",
        # Empty: alone.
        "cluster.listen-address": f":{GOSSIP_PORT}" if alerting.alertmanagers > 1 else "",
    }
    if alerting.links.alertmanager is not None:
        flags |= own_address(alerting.links.alertmanager)
    peers = [f"--cluster.peer={host}:{GOSSIP_PORT}" for host in alertmanager_hosts(alerting)]
    return [
        *(f"--{name}={value}" for name, value in flags.items()),
        *(peers if alerting.alertmanagers > 1 else []),
    ]


def _reloader(alerting: Alerting, configuration: pods.Volume) -> Manifest:
    """Alertmanager reads its configuration anew only when it is told to."""
    url = f"http://127.0.0.1:{PORTS[ALERTMANAGER]}/-/reload"
    command = ["python3", "-m", "monitoring.reloader", configuration.path, url]
    return pods.container(
        "reloader", alerting.images.relay, command, [configuration], cpu="10m", memory="64Mi"
    )


def _budget(config: StackConfig) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": ALERTMANAGER,
            "namespace": alerting_of(config).namespace,
            "labels": labels(ALERTMANAGER),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(ALERTMANAGER)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
