"""What the parts of monitoring are called, and where each of them listens."""

from __future__ import annotations

from infra.config import Alerting
from infra.names import MANAGED_BY
from monitoring.alertmanager import RELAY_PORT

PROMETHEUS = "prometheus"
ALERTMANAGER = "alertmanager"
RELAY = "relay"
EXPORTER = "route-exporter"
CONTROLLER = "rollout-controller"

PORTS = {
    PROMETHEUS: 9090,
    ALERTMANAGER: 9093,
    RELAY: RELAY_PORT,
    EXPORTER: 9096,
    CONTROLLER: 9097,
}
GOSSIP_PORT = 9094
PORT_NAME = "http"

CONFIGURATION = "/etc/paddle-canary"
NAME = "app.kubernetes.io/name"


def selector(name: str) -> dict[str, str]:
    """What picks the pods of one part, in its namespace."""
    return {NAME: name, "app.kubernetes.io/part-of": "paddle-canary"}


def labels(name: str) -> dict[str, str]:
    """Labels of an object that belongs to one part."""
    return {**selector(name), **MANAGED_BY}


def address(name: str, namespace: str) -> str:
    """Host and port of a part's Service, from anywhere in the cluster."""
    return f"{name}.{namespace}.svc:{PORTS[name]}"


def alertmanager_hosts(alerting: Alerting) -> list[str]:
    """Names of the Alertmanagers' pods, each by itself: all must hear of every alert."""
    service = f"{ALERTMANAGER}.{alerting.namespace}.svc"
    return [f"{ALERTMANAGER}-{place}.{service}" for place in range(alerting.alertmanagers)]
