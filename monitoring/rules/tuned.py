"""An alert as a stack file has tuned it.

One rule serves all models that leave an alert as it is. A model that tunes it is left out there
and has a rule of its own, whose label `model` keeps the two apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from infra.config import StackConfig
from infra.config.alerting import Alerting
from infra.config.alerts import ALERTS, OWN, Alert
from infra.config.tuning import Alerts, Celsius, Factor, Share, Tuning


@dataclass(frozen=True)
class Tuned:
    """An alert for some series.

    select: matchers of these series, to stand in braces.
    hold: for how long the condition must hold.
    keep: for how long the alert goes on after it.
    threshold: the alert's own; 0 where it compares with an objective of the model, or with none.
    labels: what tells this rule from the others of the alert.
    """

    alert: Alert
    hold: timedelta
    keep: timedelta
    threshold: float
    select: str
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def limit(self) -> str:
        """The threshold as PromQL has it."""
        return f"{self.threshold:.12g}"


def of_namespace(config: StackConfig) -> str:
    """The matcher of all series of a stack's models: other stacks may share its Prometheus."""
    return f'namespace="{config.namespace}"'


def for_models(config: StackConfig, name: str) -> Iterator[Tuned]:
    """The alert for models that leave it as it is, then for each that tunes it."""
    every = of_namespace(config)
    tuned = {
        model: value.alerts
        for model, value in config.models.items()
        if _touched(value.alerts.tuning(name))
    }
    if len(tuned) < len(config.models):
        others = f',model!~"{"|".join(tuned)}"' if tuned else ""
        alert = ALERTS[name]
        yield Tuned(alert, alert.hold, alert.keep, _default(alert), every + others)
    for model, alerts in tuned.items():
        if alerts.tuning(name).enabled:
            select = f'{every},model="{model}"'
            yield _tuned(name, alerts, select, {"model": model})


def for_platform(alerting: Alerting, name: str) -> Iterator[Tuned]:
    """The alert, unless it is switched off."""
    if alerting.alerts.tuning(name).enabled:
        yield _tuned(name, alerting.alerts, "", {})


def _touched(tuning: Tuning) -> bool:
    return tuning != type(tuning)()


def _tuned(name: str, alerts: Alerts, select: str, labels: dict[str, str]) -> Tuned:
    alert, tuning = ALERTS[name], alerts.tuning(name)
    threshold = tuning.threshold if isinstance(tuning, Factor | Share | Celsius) else None
    return Tuned(
        alert,
        alert.hold if tuning.hold is None else tuning.hold,
        alert.keep if tuning.keep is None else tuning.keep,
        _default(alert) if threshold is None else threshold,
        select,
        labels,
    )


def _default(alert: Alert) -> float:
    threshold = alert.threshold
    return threshold.default if threshold is not None and threshold.key == OWN else 0
