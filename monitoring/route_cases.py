"""Alerts of every kind with the receiver that the stack's words promise.

Worked out from the stack file alone, not from the routes: it checks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.config import Alerting, StackConfig
from infra.config.alerts import CATALOGUE
from monitoring.stack import alerting_of

SEVERITIES = ("critical", "warning", "info", "page", "")
"""Those that there are, one that nobody has heard of, and none."""


@dataclass(frozen=True)
class Case:
    """An alert by its labels, and the receiver that is to be told."""

    labels: Mapping[str, str]
    receiver: str

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.labels.items())


def route_cases(config: StackConfig) -> list[Case]:
    """Every alert of the catalogue, and every team with every severity.

    Among them are alerts of no team, of no model, of no severity, and about alerting itself.

    Raises ValueError for a stack without `alerting`.
    """
    alerting = alerting_of(config)
    return [
        Case(labels, expected_receiver(alerting, labels)) for labels in _alerts(config, alerting)
    ]


def expected_receiver(alerting: Alerting, labels: Mapping[str, str]) -> str:
    """Who is told of an alert: the words of docs/alerting.md, one after the other."""
    if labels.get("alertname") == "Watchdog":
        return "dead-mans-switch" if alerting.dead_mans_switch else "nobody"
    owner = labels.get("owner", "")
    team = owner if owner in alerting.teams else alerting.default_team
    if labels.get("alertname") == "RolloutEvent":
        return f"{team}-rollouts"
    if labels.get("severity") == "info":
        return "nobody"
    level = "critical" if labels.get("severity") == "critical" else "warning"
    about_relay = labels.get("alertname") == "RelayDeadLetters" or labels.get("job") == "relay"
    if about_relay and alerting.receivers.robots:
        return f"{level}-without-relay"
    return f"{team}-{level}"


def expected_mutes(alerting: Alerting, labels: Mapping[str, str]) -> set[str]:
    """The mutes by which an alert is not told while they last."""
    told_anyway = expected_receiver(alerting, labels) in (
        "dead-mans-switch",
        "critical-without-relay",
        "warning-without-relay",
        "nobody",
        *(f"{team}-rollouts" for team in alerting.teams),
    )
    return {
        name
        for name, mute in alerting.mutes.items()
        if not told_anyway
        and (not mute.models or labels.get("model") in mute.models)
        and (not mute.alerts or labels.get("alertname") in mute.alerts)
    }


def _alerts(config: StackConfig, alerting: Alerting) -> Iterator[dict[str, str]]:
    # Of a thousand models, those of one team that are muted alike are routed alike.
    models = {
        (model.owner, *(name in mute.models for mute in alerting.mutes.values())): _labels(
            owner=model.owner or alerting.default_team,
            namespace=config.namespace,
            model=name,
            version=model.stable,
        )
        for name, model in config.models.items()
    }
    platform = _labels(owner=alerting.default_team)
    for alert in CATALOGUE:
        for about in models.values() if alert.scope == "model" else [platform]:
            yield {"alertname": alert.name, "severity": alert.severity, **about}
    for owner in (*alerting.teams, "", "a-team-of-the-past"):
        yield _labels(alertname="RolloutEvent", severity="info", owner=owner, model="ocr")
    # What the rules never send, and other rules might.
    for severity in SEVERITIES:
        for owner in (*alerting.teams, "", "a-team-of-the-past"):
            yield _labels(alertname="SomethingElse", severity=severity, owner=owner, model="ocr")
            yield _labels(alertname="SomethingElse", severity=severity, owner=owner)
            yield _labels(alertname="ScrapeFails", severity=severity, owner=owner, job="relay")
        for name in ("Watchdog", "RelayDeadLetters"):
            yield _labels(alertname=name, severity=severity)


def _labels(**labels: str) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}
