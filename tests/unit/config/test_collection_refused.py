"""Each refused place to collect metrics from, or to keep them, with the whole message."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from infra.config import ConfigErrors, parse
from tests.unit.config.edits import REMOVED, edited
from tests.unit.config.test_alerting_refused import ALERTING

CASES: dict[str, tuple[Mapping[str, object], str]] = {
    "a gateway that nobody can find": (
        {"alerting/gateway": REMOVED},
        "alerting.gateway: found nothing; write a mapping with the keys namespace, service, port, "
        "addresses, entryPoints",
    ),
    "a range that is none": (
        {"alerting/gateway/addresses": ["10.0.0.1/24"]},
        'alerting.gateway.addresses[0]: found "10.0.0.1/24"; write a range of addresses, such as '
        "10.0.0.0/24",
    ),
    "a port by its number": (
        {"alerting/gateway/port": 9100},
        "alerting.gateway.port: found 9100; write a port's name of at most 15 lower-case letters, "
        "digits and '-', such as metrics, in quotes",
    ),
    "monitoring among the models": (
        {"alerting/namespace": "paddle-models"},
        'alerting.namespace: found "paddle-models", where the models are; write another namespace: '
        "models may not reach what watches them",
    ),
    "an operator that nobody can find": (
        {"alerting/mode": "operator"},
        "alerting.mode: found operator without alerting.operator; write the namespace of its "
        "Prometheus as alerting.operator, or embedded",
    ),
    "an operator in mode embedded": (
        {"alerting/operator": {"namespace": "monitoring"}},
        "alerting.mode: found embedded with alerting.operator; write operator, or remove "
        "alerting.operator",
    ),
    "a pool that is none": (
        {"alerting/pool": "cpu"},
        'alerting.pool: found "cpu"; write a pool that nodePools has: gpu-canary, gpu-stable, or '
        "remove it",
    ),
    "a class of volumes without volumes": (
        {"alerting/prometheus": {"storage": "none", "storageClass": "ssd"}},
        'alerting.prometheus.storageClass: found "ssd", with storage none; write a size for '
        "storage, or remove it",
    ),
    "a volume of no size": (
        {"alerting/prometheus": {"storage": "50"}},
        'alerting.prometheus.storage: found "50"; write a size in Mi or Gi, such as 50Gi, or none',
    ),
    "an external label that would hide a model": (
        {"alerting/prometheus": {"externalLabels": {"namespace": "prod"}}},
        "alerting.prometheus.externalLabels.namespace: found a label that every series has "
        "already; write another name, such as cluster",
    ),
    "an external label of Prometheus' own": (
        {"alerting/prometheus": {"externalLabels": {"__name__": "up"}}},
        'alerting.prometheus.externalLabels.__name__: found the key "__name__"; write a label\'s '
        "name of letters, digits and '_', such as cluster",
    ),
    "three Alertmanagers": (
        {"alerting/alertmanagers": 3},
        "alerting.alertmanagers: found 3; write 1 or 2",
    ),
}


@pytest.mark.parametrize(("edits", "message"), CASES.values(), ids=CASES)
def test_is_refused_with_path_finding_and_remedy(edits: Mapping[str, object], message: str) -> None:
    with pytest.raises(ConfigErrors) as errors:
        parse(edited({"alerting": ALERTING, **edits}))
    assert str(errors.value) == message


@pytest.mark.parametrize(
    "edits",
    [
        {"alerting/prometheus": {"storage": "none"}},
        {"alerting/pool": "gpu-stable", "alerting/alertmanagers": 1},
        {"alerting/gateway/addresses": ["10.0.0.0/24", "2001:db8::/64"]},
        {"alerting/mode": "operator", "alerting/operator": {"namespace": "monitoring"}},
    ],
)
def test_what_is_right_beside_what_is_refused(edits: Mapping[str, object]) -> None:
    assert parse(edited({"alerting": ALERTING, **edits})).alerting
