"""Mode `operator`: the same collection, rules and routes as objects of the Prometheus Operator.

The cluster's Prometheus scrapes and evaluates. Alertmanager is one of ours, which the operator
runs: nobody else's routes are touched, and the configuration is, byte for byte, what was tested.

https://prometheus-operator.dev/docs/api-reference/api/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from infra.config import Alerting, StackConfig, show_duration
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE, MODEL, PORT_NAME
from monitoring.alertmanager import alertmanager_secret
from monitoring.collection import pods, relabel
from monitoring.collection.alertmanager import VOLUME, apart
from monitoring.collection.config_maps import rule_packs
from monitoring.collection.names import ALERTMANAGER, EXPORTER, RELAY, labels, selector
from monitoring.collection.prometheus import own_address
from monitoring.collection.relabel import Relabel
from monitoring.collection.scrape import (
    BODY_SIZE,
    LABEL_LIMIT,
    LABEL_NAME_LENGTH,
    LABEL_VALUE_LENGTH,
    OTHERS_SAMPLE_LIMIT,
    scrape_timeout,
)
from monitoring.rules.series import (
    DCGM_JOB,
    EXPORTER_JOB,
    GATEWAY_JOB,
    MODELS_JOB,
    RELAY_JOB,
)
from monitoring.secret_files import DIRECTORY, alertmanager_files
from monitoring.stack import alerting_of

_GROUP = "monitoring.coreos.com/v1"
# What the operator adds to every series, and uniform series do not have.
_ADDED = ("container", "endpoint", "service", "node")
_ADDED_TO_OTHERS = (*_ADDED, "namespace", "pod")
_PARTS_OF_POD = (
    "automountServiceAccountToken",
    "enableServiceLinks",
    "priorityClassName",
    "securityContext",
    "imagePullSecrets",
    "nodeSelector",
    "tolerations",
)


def operator(config: StackConfig) -> Iterator[Manifest]:
    """Monitors, rules and Alertmanager."""
    alerting = alerting_of(config)
    yield from _monitors(config, alerting)
    yield from prometheus_rules(config)
    yield alertmanager_secret(config)
    yield _alertmanager(config, alerting)


def prometheus_rules(config: StackConfig) -> Iterator[Manifest]:
    """Every rule of the stack."""
    for name, groups in rule_packs(config).items():
        yield _object(alerting_of(config), "PrometheusRule", name, {"groups": groups})


def _monitors(config: StackConfig, alerting: Alerting) -> Iterator[Manifest]:
    # Not a PodMonitor: the track is a label of the Service and not of the pod, which would have to
    # start anew for another one.
    models = _endpoint(alerting, PORT_NAME, MODELS_JOB, relabel.of_models(), _ADDED)
    yield _service_monitor(
        alerting,
        MODELS_JOB,
        config.namespaces,
        select={"matchExpressions": [{"key": MODEL, "operator": "Exists"}]},
        endpoint={**models, "metricRelabelings": relabel.operator(relabel.claims_dropped())},
        samples=alerting.prometheus.sample_limit,
    )
    for job, other in {GATEWAY_JOB: alerting.gateway, DCGM_JOB: alerting.dcgm}.items():
        if other is not None:
            # A monitor picks Services by labels, and all that is known of this one is its name.
            named = Relabel("keep", "__meta_kubernetes_service_name", other.service)
            yield _service_monitor(
                alerting,
                job,
                [other.namespace],
                select={},
                endpoint=_endpoint(alerting, other.port, job, [named], _ADDED_TO_OTHERS),
                samples=OTHERS_SAMPLE_LIMIT,
            )
    # It tells of models that are elsewhere: its labels are theirs.
    exporter = _endpoint(alerting, PORT_NAME, EXPORTER_JOB, [], _ADDED_TO_OTHERS)
    yield _pod_monitor(alerting, EXPORTER, {**exporter, "honorLabels": True})
    if alerting.receivers.robots:
        yield _pod_monitor(
            alerting, RELAY, _endpoint(alerting, PORT_NAME, RELAY_JOB, [], _ADDED_TO_OTHERS)
        )
    yield _pod_monitor(
        alerting, ALERTMANAGER, _endpoint(alerting, "web", ALERTMANAGER, [], _ADDED_TO_OTHERS)
    )


def _endpoint(
    alerting: Alerting, port: str, job: str, steps: Sequence[Relabel], without: Sequence[str]
) -> Manifest:
    last = [
        Relabel(target="job", replacement=job),
        Relabel("labeldrop", regex="|".join(without)),
    ]
    return {
        "port": port,
        "interval": show_duration(alerting.prometheus.interval),
        "scrapeTimeout": scrape_timeout(alerting),
        "relabelings": relabel.operator([*steps, *last]),
    }


def _limits(samples: int) -> Manifest:
    return {
        "sampleLimit": samples,
        "labelLimit": LABEL_LIMIT,
        "labelNameLengthLimit": LABEL_NAME_LENGTH,
        "labelValueLengthLimit": LABEL_VALUE_LENGTH,
        "bodySizeLimit": BODY_SIZE,
    }


def _service_monitor(
    alerting: Alerting,
    name: str,
    namespaces: Iterable[str],
    *,
    select: Mapping[str, Any],
    endpoint: Manifest,
    samples: int,
) -> Manifest:
    spec = {
        "namespaceSelector": {"matchNames": list(namespaces)},
        "selector": dict(select),
        "endpoints": [endpoint],
        **_limits(samples),
    }
    return _object(alerting, "ServiceMonitor", name, spec)


def _pod_monitor(alerting: Alerting, part: str, endpoint: Manifest) -> Manifest:
    spec = {
        "selector": {"matchLabels": selector(part)},
        "podMetricsEndpoints": [endpoint],
        **_limits(OTHERS_SAMPLE_LIMIT),
    }
    return _object(alerting, "PodMonitor", part, spec)


def _alertmanager(config: StackConfig, alerting: Alerting) -> Manifest:
    files = pods.secrets(ALERTMANAGER)
    template = pods.template(config, ALERTMANAGER, [], [files])["spec"]
    addresses = {"web.external-url": "externalUrl", "web.route-prefix": "routePrefix"}
    links = own_address(alerting.links.alertmanager) if alerting.links.alertmanager else {}
    spec: Manifest = {
        "replicas": alerting.alertmanagers,
        "image": alerting.images.alertmanager,
        "configSecret": alertmanager_secret(config)["metadata"]["name"],
        "podMetadata": {"labels": labels(ALERTMANAGER)},
        "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
        "storage": _storage(alerting),
        "affinity": apart(ALERTMANAGER),
        **{addresses[flag]: value for flag, value in links.items()},
        **{key: template[key] for key in _PARTS_OF_POD if key in template},
    }
    if alertmanager_files(config):
        spec["volumes"] = template["volumes"]
        mount = {"name": files.name, "mountPath": DIRECTORY, "readOnly": True}
        spec["volumeMounts"] = [mount]
    return _object(alerting, "Alertmanager", "paddle-canary", spec)


def _storage(alerting: Alerting) -> Manifest:
    if alerting.prometheus.storage == "none":
        return {"emptyDir": {}}
    return {"volumeClaimTemplate": pods.claim(VOLUME, alerting.prometheus.storage_class)}


def _object(alerting: Alerting, kind: str, name: str, spec: Manifest) -> Manifest:
    selected = alerting.operator.labels if alerting.operator else {}
    return {
        "apiVersion": _GROUP,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": alerting.namespace,
            "labels": {**labels(name), **selected},
            "annotations": DELETE_AT_ONCE,
        },
        "spec": spec,
    }
