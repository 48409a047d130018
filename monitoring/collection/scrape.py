"""What Prometheus reads, and what it does with it: `prometheus.yml`.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from infra.config import Alerting, Secret, StackConfig, show_duration
from infra.names import MODEL, PORT_NAME
from monitoring.collection import relabel
from monitoring.collection.names import (
    ALERTMANAGER,
    CONFIGURATION,
    EXPORTER,
    PORTS,
    PROMETHEUS,
    RELAY,
    address,
    alertmanager_hosts,
)
from monitoring.rules.series import (
    DCGM_JOB,
    EXPORTER_JOB,
    GATEWAY_JOB,
    MODELS_JOB,
    RELAY_JOB,
)
from monitoring.secret_files import path, remote_write_file
from monitoring.stack import alerting_of

RULES = f"{CONFIGURATION}/rules"

# Against a metric that grows with its input: what one target may send, in samples and labels.
LABEL_LIMIT = 40
LABEL_NAME_LENGTH = 128
LABEL_VALUE_LENGTH = 512
BODY_SIZE = "32MB"
# Of gateway, exporters and monitoring itself, whose series grow with the number of models.
OTHERS_SAMPLE_LIMIT = 100_000

Job = dict[str, Any]


def prometheus_config(config: StackConfig) -> dict[str, Any]:
    """The content of `prometheus.yml`.

    Raises ValueError for a stack without `alerting`.
    """
    alerting = alerting_of(config)
    interval = show_duration(alerting.prometheus.interval)
    targets = [f"{host}:{PORTS[ALERTMANAGER]}" for host in alertmanager_hosts(alerting)]
    return {
        "global": {
            "scrape_interval": interval,
            "scrape_timeout": scrape_timeout(alerting),
            "evaluation_interval": interval,
            "external_labels": dict(alerting.prometheus.external_labels),
        },
        "rule_files": [f"{RULES}/*.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": targets}]}]},
        "scrape_configs": list(_jobs(config, alerting)),
        "remote_write": [
            _store(place, store.url, store.token)
            for place, store in enumerate(alerting.prometheus.remote_write)
        ],
    }


def scrape_timeout(alerting: Alerting) -> str:
    """Ten seconds, or less where a scrape comes more often."""
    interval = alerting.prometheus.interval
    return show_duration(interval) if interval.total_seconds() < 10 else "10s"


def limits(samples: int) -> Job:
    """What is refused whole: a scrape of more samples, or of longer or more labels."""
    return {
        "sample_limit": samples,
        "label_limit": LABEL_LIMIT,
        "label_name_length_limit": LABEL_NAME_LENGTH,
        "label_value_length_limit": LABEL_VALUE_LENGTH,
        "body_size_limit": BODY_SIZE,
    }


def _jobs(config: StackConfig, alerting: Alerting) -> Iterator[Job]:
    yield _models(config, alerting)
    gateway = alerting.gateway
    yield _service(GATEWAY_JOB, gateway.namespace, gateway.service, gateway.port)
    if alerting.dcgm is not None:
        dcgm = alerting.dcgm
        yield _service(DCGM_JOB, dcgm.namespace, dcgm.service, dcgm.port)
    # It tells of models that are elsewhere: its labels are theirs.
    exporter = address(EXPORTER, alerting.namespace)
    yield {**_static(EXPORTER_JOB, exporter), "honor_labels": True}
    if alerting.receivers.robots:
        yield _static(RELAY_JOB, address(RELAY, alerting.namespace))
    pairs = [f"{host}:{PORTS[ALERTMANAGER]}" for host in alertmanager_hosts(alerting)]
    yield _static(ALERTMANAGER, *pairs)
    yield _static(PROMETHEUS, f"localhost:{PORTS[PROMETHEUS]}")


def _models(config: StackConfig, alerting: Alerting) -> Job:
    return {
        "job_name": MODELS_JOB,
        "kubernetes_sd_configs": [_discovery(config.namespaces, MODEL, "endpointslice", "service")],
        "relabel_configs": relabel.prometheus([relabel.only_port(PORT_NAME), *relabel.of_models()]),
        "metric_relabel_configs": relabel.prometheus(relabel.claims_dropped()),
        **limits(alerting.prometheus.sample_limit),
    }


def _service(job: str, namespace: str, service: str, port: str) -> Job:
    """Each endpoint of a Service of somebody else."""
    select = f"kubernetes.io/service-name={service}"
    return {
        "job_name": job,
        "kubernetes_sd_configs": [_discovery([namespace], select, "endpointslice")],
        "relabel_configs": relabel.prometheus([relabel.only_port(port)]),
        **limits(OTHERS_SAMPLE_LIMIT),
    }


def _discovery(namespaces: Iterable[str], select: str, *roles: str) -> Job:
    return {
        "role": "endpointslice",
        "namespaces": {"names": list(namespaces)},
        "selectors": [{"role": role, "label": select} for role in roles],
    }


def _static(job: str, *targets: str) -> Job:
    return {
        "job_name": job,
        "static_configs": [{"targets": list(targets)}],
        **limits(OTHERS_SAMPLE_LIMIT),
    }


def _store(place: int, url: str, token: Secret | None) -> dict[str, Any]:
    # Read anew at each request, so that a renewed token needs no restart.
    credentials = {"credentials_file": path(remote_write_file(place))}
    return {"url": url} | ({"authorization": credentials} if token is not None else {})
