"""What all alert rules have in common: labels, links, and texts in two languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import links
from monitoring.rules.rule import AlertRule
from monitoring.rules.series import MODEL_INFO
from monitoring.rules.tuned import Tuned, for_models, for_platform


@dataclass(frozen=True)
class Texts:
    """What people read, as templates of Prometheus; a summary fits into one line of a phone."""

    summary: str
    description: str
    summary_zh: str
    description_zh: str


Expression = Callable[[Tuned], str]
Said = Callable[[Tuned], Texts]


def model_alert(
    config: StackConfig, alerting: Alerting, name: str, expr: Expression, texts: Said
) -> Iterator[AlertRule]:
    """An alert whose series have `namespace` and `model`; the team that owns the model is added."""
    for tuned in for_models(config, name):
        owned = f"(\n{expr(tuned)}\n)\n* on (namespace, model) group_left (owner) {MODEL_INFO}"
        yield _rule(alerting, tuned, owned, texts(tuned), {})


def platform_alert(
    alerting: Alerting, name: str, expr: Expression, texts: Said
) -> Iterator[AlertRule]:
    """An alert about what the models stand on, which belongs to the default team."""
    for tuned in for_platform(alerting, name):
        owner = {"owner": alerting.default_team}
        yield _rule(alerting, tuned, expr(tuned), texts(tuned), owner)


def _rule(
    alerting: Alerting, tuned: Tuned, expr: str, texts: Texts, owner: dict[str, str]
) -> AlertRule:
    alert = tuned.alert
    return AlertRule(
        alert.name,
        expr,
        tuned.hold,
        tuned.keep,
        {"severity": alert.severity, **owner, **tuned.labels},
        {**vars(texts), **links.further_reading(alerting, alert)},
    )
