"""The catalogue of alerts, and what a stack file changes of it."""

from __future__ import annotations

from datetime import timedelta

from infra.config import load_file, parse
from infra.config.alerts import CATALOGUE, OWN
from infra.config.tuning import Alerts, ModelAlerts, PlatformAlerts
from tests.unit.config.edits import HERE, base

SCOPES: dict[str, type[Alerts]] = {"model": ModelAlerts, "platform": PlatformAlerts}


def test_a_stack_file_can_tune_each_alert_in_its_scope_and_no_other() -> None:
    for scope, part in SCOPES.items():
        assert list(part.model_fields) == [each.name for each in CATALOGUE if each.scope == scope]


def test_only_an_alert_with_a_threshold_of_its_own_takes_one() -> None:
    for alert in CATALOGUE:
        tuning = SCOPES[alert.scope]().tuning(alert.name)
        own = alert.threshold is not None and alert.threshold.key == OWN
        assert ("threshold" in type(tuning).model_fields) == own, alert.name


def test_each_default_is_one_that_a_stack_file_may_write() -> None:
    for alert in CATALOGUE:
        if alert.threshold is not None and alert.threshold.key == OWN:
            written = {alert.name: {"threshold": alert.threshold.default}}
            assert SCOPES[alert.scope].model_validate(written), alert.name


def test_thresholds_that_are_objectives_have_the_defaults_of_the_objectives() -> None:
    slo = parse(base()).models["ocr"].slo
    defaults = {
        "slo.errorRatio": slo.error_ratio,
        "slo.p99": slo.p99.total_seconds(),
        "slo.trafficDrop": slo.traffic_drop,
    }
    for alert in CATALOGUE:
        if alert.threshold is not None and alert.threshold.key != OWN:
            assert alert.threshold.default == defaults[alert.threshold.key], alert.name


def test_every_alert_is_on_and_untouched_without_a_word() -> None:
    alerts = parse(base()).models["ocr"].alerts
    assert all(alerts.tuning(name).enabled for name in ModelAlerts.model_fields)
    assert all(alerts.tuning(name).hold is None for name in ModelAlerts.model_fields)


def test_what_a_stack_file_says_of_an_alert_is_read() -> None:
    config = load_file(HERE / "good" / "alerts.yaml")
    ocr = config.models["ocr"].alerts
    assert not ocr.LowModelQPS.enabled
    assert ocr.HighModelLatency.hold == timedelta(minutes=15)
    assert ocr.CanarySlowerThanStable.threshold == 3
    assert config.alerting
    assert config.alerting.alerts.GpuTooHot.threshold == 80
