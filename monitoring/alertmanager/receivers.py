"""Teams as receivers of Alertmanager: what a warning, and what a critical alert is sent to.

https://prometheus.io/docs/alerting/latest/configuration/#general-receiver-related-settings
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from infra.config import Alerting, Email, Team, Webhook
from monitoring.secret_files import (
    RELAY_TOKEN,
    SMTP_PASSWORD,
    path,
    receiver_file,
    switch_file,
)

NOBODY = "nobody"
DEAD_MANS_SWITCH = "dead-mans-switch"
CRITICAL_WITHOUT_RELAY = "critical-without-relay"
WARNING_WITHOUT_RELAY = "warning-without-relay"

RELAY_PORT = 9095

Integrations = dict[str, Any]


def critical(team: str) -> str:
    """The receiver of a team's critical alerts."""
    return f"{team}-critical"


def warning(team: str) -> str:
    """The receiver of a team's warnings."""
    return f"{team}-warning"


def rollouts(team: str) -> str:
    """The receiver of what happens to releases of a team's models."""
    return f"{team}-rollouts"


def receivers(alerting: Alerting) -> list[Integrations]:
    """Every receiver that a route refers to.

    All integrations of a receiver are told at once, each with retries of its own: a robot that is
    away delays no telephone.
    """
    found: list[Integrations] = [{"name": NOBODY}]
    if alerting.dead_mans_switch is not None:
        found.append(
            {"name": DEAD_MANS_SWITCH, "webhook_configs": [_switch(alerting.dead_mans_switch)]}
        )
    if alerting.receivers.robots:
        team = without_robots(alerting)
        found.append({"name": CRITICAL_WITHOUT_RELAY, **_critical(alerting, team)})
        found.append({"name": WARNING_WITHOUT_RELAY, **_warning(alerting, team)})
    for name, team in alerting.teams.items():
        found.append({"name": critical(name), **_critical(alerting, team)})
        found.append({"name": warning(name), **_warning(alerting, team)})
        found.append({"name": rollouts(name), **_rollouts(alerting, team)})
    return found


def without_robots(alerting: Alerting) -> Team:
    """The default team as it is reached when the relay is in trouble."""
    team, robots = alerting.teams[alerting.default_team], alerting.receivers.robots
    return Team(
        chat=tuple(name for name in team.chat if name not in robots),
        phone=tuple(name for name in team.phone if name not in robots),
    )


def mail_server(alerting: Alerting) -> Integrations:
    """The global settings of mail; STARTTLS is demanded by default."""
    smtp = alerting.smtp
    if smtp is None:
        return {}
    return {
        "smtp_smarthost": smtp.server,
        "smtp_from": smtp.sender,
        "smtp_auth_username": smtp.username,
        "smtp_auth_password_file": path(SMTP_PASSWORD),
    }


def _critical(alerting: Alerting, team: Team) -> Integrations:
    return _integrations(alerting, team.phone + team.chat)


def _warning(alerting: Alerting, team: Team) -> Integrations:
    return _integrations(alerting, team.chat)


def _rollouts(alerting: Alerting, team: Team) -> Integrations:
    """An event is over when it is told: there is no all-clear of it."""
    return {
        kind: [{**each, "send_resolved": False} for each in configs]
        for kind, configs in _integrations(alerting, team.chat).items()
    }


def _integrations(alerting: Alerting, names: Iterable[str]) -> Integrations:
    by_kind: dict[str, list[Integrations]] = defaultdict(list)
    for name in names:
        receiver = alerting.receivers.by_name[name]
        if isinstance(receiver, Email):
            by_kind["email_configs"].append({"to": ", ".join(receiver.to), "send_resolved": True})
        elif isinstance(receiver, Webhook):
            by_kind["webhook_configs"].append(_webhook(name, receiver))
        else:
            by_kind["webhook_configs"].append(_robot(alerting, name))
    return dict(by_kind)


def _robot(alerting: Alerting, name: str) -> Integrations:
    return {
        "url": f"http://relay.{alerting.namespace}.svc:{RELAY_PORT}/robots/{name}",
        "send_resolved": True,
        **_bearer(RELAY_TOKEN),
    }


def _webhook(name: str, webhook: Webhook) -> Integrations:
    bearer = {} if webhook.token is None else _bearer(receiver_file(name, "token"))
    return {"url_file": path(receiver_file(name, "url")), "send_resolved": True, **bearer}


def _switch(webhook: Webhook) -> Integrations:
    bearer = {} if webhook.token is None else _bearer(switch_file("token"))
    return {"url_file": path(switch_file("url")), "send_resolved": False, **bearer}


def _bearer(file: str) -> Integrations:
    return {"http_config": {"authorization": {"credentials_file": path(file)}}}
