"""Who may reach whom: NetworkPolicies of the models' namespace and of monitoring's.

Nobody may reach anybody, and then what each part needs is allowed. Policies add up: whatever else
somebody needs (Grafana that reads Prometheus, a model that fetches from a store) gets a policy of
its own beside these. Probes come from the node itself, which is always allowed.

Models serve requests and `/metrics` on one port. A policy tells ports apart and not paths, so
requests could also come from Prometheus, and the gateway's routes lead every path of a model's host
to the pods: that `/metrics` is not for what a proxy forwards, the pods see to themselves.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from infra.config import Alerting, StackConfig
from infra.config.controller import Controller
from infra.isolation import Manifest
from infra.model import CONTAINER_PORT
from infra.names import DELETE_AT_ONCE, MANAGED_BY, MODEL
from monitoring.collection.destinations import (
    api_server,
    dns,
    namespace,
    of_host,
    of_url,
    outside,
    tcp,
)
from monitoring.collection.names import (
    ALERTMANAGER,
    CONTROLLER,
    EXPORTER,
    GOSSIP_PORT,
    NAME,
    PORTS,
    PROMETHEUS,
    RELAY,
    selector,
)
from monitoring.stack import alerting_of

Rule = dict[str, Any]

_MODELS = {"matchExpressions": [{"key": MODEL, "operator": "Exists"}]}
_HTTPS = 443


def network_policies(config: StackConfig) -> Iterator[Manifest]:
    """Every policy of a stack. Raises ValueError for a stack without `alerting`."""
    alerting = alerting_of(config)
    for there in config.namespaces:
        yield from _of_models(there, alerting)
    home = alerting.namespace
    yield _policy(home, "deny-all", {}, ingress=[], egress=[])
    if alerting.mode == "embedded":
        reads = _egress_of_prometheus(config, alerting)
        asked = [_from(_controller(config), PORTS[PROMETHEUS])] if config.controller else []
        yield _policy(home, PROMETHEUS, _pods(PROMETHEUS), ingress=asked, egress=reads)
    told = [_prometheus(alerting), *_controller(config)]
    yield _policy(home, ALERTMANAGER, _pods(ALERTMANAGER), **_of_alertmanager(alerting, told))
    watched = [_from([_prometheus(alerting)], PORTS[EXPORTER])]
    yield _policy(home, EXPORTER, _pods(EXPORTER), ingress=watched, egress=[api_server()])
    if alerting.receivers.robots:
        yield _policy(home, RELAY, _pods(RELAY), **_of_relay(alerting))
    if config.controller is not None:
        reached = _egress_of_controller(config, config.controller, alerting)
        yield _policy(home, CONTROLLER, _pods(CONTROLLER), ingress=[], egress=reached)


def _of_models(there: str, alerting: Alerting) -> Iterator[Manifest]:
    gateway = alerting.gateway
    peers = [namespace(gateway.namespace), *_ranges(gateway.addresses)]
    yield _policy(there, "deny-all-models", {}, ingress=[], egress=[])
    requests = [_from(peers, CONTAINER_PORT)]
    yield _policy(there, "requests-from-gateway", _MODELS, ingress=requests)
    metrics = [_from([_prometheus(alerting)], CONTAINER_PORT)]
    yield _policy(there, "metrics-from-prometheus", _MODELS, ingress=metrics)


def _egress_of_prometheus(config: StackConfig, alerting: Alerting) -> list[Rule]:
    models = [{**namespace(each), "podSelector": _MODELS} for each in config.namespaces]
    others = [alerting.gateway.namespace] + ([alerting.dcgm.namespace] if alerting.dcgm else [])
    # Where their metrics listen is only known to the Services in front of them.
    elsewhere = [*map(namespace, dict.fromkeys(others)), *_ranges(alerting.gateway.addresses)]
    return [
        dns(),
        api_server(),
        {"to": models, "ports": tcp(CONTAINER_PORT)},
        {"to": elsewhere},
        *(_to(part, PORTS[part]) for part in (ALERTMANAGER, RELAY, EXPORTER)),
        *(of_url(store.url) for store in alerting.prometheus.remote_write),
    ]


def _of_alertmanager(alerting: Alerting, callers: list[Rule]) -> dict[str, list[Rule]]:
    ingress = [_from(callers, PORTS[ALERTMANAGER])]
    egress = [dns(), _to(RELAY, PORTS[RELAY])]
    if alerting.alertmanagers > 1:
        gossip = [{"protocol": protocol, "port": GOSSIP_PORT} for protocol in ("TCP", "UDP")]
        ingress.append({"from": [{"podSelector": _pods(ALERTMANAGER)}], "ports": gossip})
        egress.append({"to": [{"podSelector": _pods(ALERTMANAGER)}], "ports": gossip})
    if alerting.smtp is not None:
        host, _, port = alerting.smtp.server.rpartition(":")
        egress.append(of_host(host, int(port)))
    if alerting.receivers.webhook or alerting.dead_mans_switch is not None:
        # Their addresses are secrets, and may not stand here.
        egress.append(outside(_HTTPS))
    return {"ingress": ingress, "egress": egress}


def _of_relay(alerting: Alerting) -> dict[str, list[Rule]]:
    callers = [{"podSelector": _pods(ALERTMANAGER)}, _prometheus(alerting)]
    robots = dict.fromkeys(robot.url for robot in alerting.receivers.robots.values())
    rules = [dns(), *map(of_url, robots)]
    return {
        "ingress": [_from(callers, PORTS[RELAY])],
        # Robots of three vendors on the internet are one rule.
        "egress": [each for place, each in enumerate(rules) if each not in rules[:place]],
    }


def _egress_of_controller(
    config: StackConfig, controller: Controller, alerting: Alerting
) -> list[Rule]:
    links = (alerting.links.prometheus, alerting.links.alertmanager)
    sources = (
        [_to(part, PORTS[part]) for part in (PROMETHEUS, ALERTMANAGER)]
        if alerting.mode == "embedded"
        else [of_url(link) for link in links if link is not None]
    )
    checks = [
        of_url(check.url)
        for model in config.models.values()
        for check in (*model.rollout.before, *model.rollout.after)
    ]
    rules = [dns(), api_server(), *sources, *_of_backend(controller.backend), *checks]
    return [each for place, each in enumerate(rules) if each not in rules[:place]]


def _of_backend(url: str) -> list[Rule]:
    """To the state: nowhere for a volume, and to a cloud's store by HTTPS."""
    scheme = url.partition(":")[0]
    if scheme == "file":
        return []
    return [of_url(url) if scheme.startswith("http") else outside(_HTTPS)]


def _controller(config: StackConfig) -> list[Rule]:
    return [] if config.controller is None else [{"podSelector": _pods(CONTROLLER)}]


def _prometheus(alerting: Alerting) -> Rule:
    """Its pods: ours, or those that the operator runs elsewhere."""
    if alerting.operator is not None:
        labelled = {"matchLabels": {NAME: PROMETHEUS}}
        return {**namespace(alerting.operator.namespace), "podSelector": labelled}
    return {**namespace(alerting.namespace), "podSelector": _pods(PROMETHEUS)}


def _pods(part: str) -> Rule:
    return {"matchLabels": selector(part)}


def _ranges(ranges: Iterable[str]) -> list[Rule]:
    return [{"ipBlock": {"cidr": each}} for each in ranges]


def _from(peers: list[Rule], port: int) -> Rule:
    return {"from": peers, "ports": tcp(port)}


def _to(part: str, port: int) -> Rule:
    return {"to": [{"podSelector": _pods(part)}], "ports": tcp(port)}


def _policy(
    where: str,
    name: str,
    pods: Rule,
    *,
    ingress: list[Rule],
    egress: list[Rule] | None = None,
) -> Manifest:
    """One policy; without `egress` it says nothing of what the pods may reach."""
    rules = {"ingress": ingress} | ({} if egress is None else {"egress": egress})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": where,
            "labels": dict(MANAGED_BY),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {
            "podSelector": pods,
            "policyTypes": [direction.title() for direction in rules],
            **rules,
        },
    }
