"""What the stack file says of each model, as series: rules join them, dashboards draw them.

So one rule compares all models with their objectives. `bench/rules` shows what a rule for each
model costs instead. The series carry the team that owns the model, and alerts take it from there.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import Model, StackConfig
from infra.config.alerting import Alerting
from infra.config.version import fewest_pods
from monitoring.rules.rule import RecordingRule
from monitoring.rules.series import (
    MODEL_INFO,
    SLO_ERROR_RATIO,
    SLO_P99,
    SLO_TRAFFIC_DROP,
    VERSION_INFO,
)


def rules(config: StackConfig, alerting: Alerting) -> Iterator[RecordingRule]:
    """The objectives of each model, and 1 for each model and each version that has pods.

    A parked model, none of whose versions has pods, has none of these series, and so no alerts.
    """
    for name, model in config.models.items():
        staffed = [version for version, value in model.versions.items() if fewest_pods(value)]
        if not staffed:
            continue
        labels = {
            "namespace": config.namespace,
            "model": name,
            "owner": model.owner or alerting.default_team,
        }
        for record, value in _objectives(model).items():
            yield RecordingRule(record, f"vector({value})", labels)
        for version in staffed:
            yield RecordingRule(VERSION_INFO, "vector(1)", {**labels, "version": version})


def _objectives(model: Model) -> dict[str, float]:
    return {
        MODEL_INFO: 1,
        SLO_ERROR_RATIO: model.slo.error_ratio,
        SLO_P99: model.slo.p99.total_seconds(),
        SLO_TRAFFIC_DROP: model.slo.traffic_drop,
    }
