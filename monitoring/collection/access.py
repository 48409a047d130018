"""Who of monitoring may read what of the API server: two accounts, a Role for each namespace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from infra.config import StackConfig
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE
from monitoring.collection.names import EXPORTER, PROMETHEUS, labels
from monitoring.stack import alerting_of

# What discovery by EndpointSlice lists and watches; no Secrets, no nodes, no writing.
# https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
_DISCOVERY = [
    {
        "apiGroups": ["discovery.k8s.io"],
        "resources": ["endpointslices"],
        "verbs": ["get", "list", "watch"],
    },
    {"apiGroups": [""], "resources": ["services", "pods"], "verbs": ["get", "list", "watch"]},
]


def account(config: StackConfig, name: str) -> Manifest:
    """The account of one part."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(config, name, name, alerting_of(config).namespace),
        # Only pods that ask for a token get one.
        "automountServiceAccountToken": False,
    }


def prometheus_access(config: StackConfig) -> Iterator[Manifest]:
    """Discovery, where the targets are."""
    alerting = alerting_of(config)
    others = [alerting.gateway.namespace] + ([alerting.dcgm.namespace] if alerting.dcgm else [])
    for namespace in dict.fromkeys([*config.namespaces, *others]):
        yield from granted(config, PROMETHEUS, namespace, _DISCOVERY)


def exporter_access(config: StackConfig) -> Iterator[Manifest]:
    """Lists of what routes requests, of the data plane that the stack has."""
    routes = (
        ("networking.k8s.io", "ingresses")
        if config.data_plane == "ingress"
        else ("gateway.networking.k8s.io", "httproutes")
    )
    read = [routes, ("", "services"), ("discovery.k8s.io", "endpointslices")]
    rules = [
        {"apiGroups": [group], "resources": [plural], "verbs": ["list"]} for group, plural in read
    ]
    for namespace in config.namespaces:
        yield from granted(config, EXPORTER, namespace, rules)


def granted(
    config: StackConfig, part: str, namespace: str, rules: Sequence[Manifest]
) -> Iterator[Manifest]:
    """A Role and its binding, whose name is free also where other stacks have theirs."""
    home = alerting_of(config).namespace
    name = f"{home}-{part}-{namespace}"
    metadata = _metadata(config, part, name, namespace)
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata,
        "rules": list(rules),
    }
    yield binding(config, part, "Role", metadata)


def binding(config: StackConfig, part: str, kind: str, metadata: Manifest) -> Manifest:
    """What gives the account of a part the Role or ClusterRole with the same metadata."""
    home = alerting_of(config).namespace
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": kind,
            "name": metadata["name"],
        },
        "subjects": [{"kind": "ServiceAccount", "name": part, "namespace": home}],
    }


def _metadata(config: StackConfig, part: str, name: str, namespace: str) -> Manifest:
    return {
        "name": name,
        "namespace": namespace,
        "labels": labels(part),
        "annotations": DELETE_AT_ONCE,
    }
