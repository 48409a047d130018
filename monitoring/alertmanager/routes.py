"""The routing tree: a flat list of routes, of which the first that fits an alert counts.

https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from infra.config import Alerting, StackConfig, show_duration
from monitoring.alertmanager.intervals import WORKING_HOURS, mute_interval
from monitoring.alertmanager.mutes import muted_scopes
from monitoring.alertmanager.receivers import (
    CRITICAL_WITHOUT_RELAY,
    DEAD_MANS_SWITCH,
    NOBODY,
    WARNING_WITHOUT_RELAY,
    critical,
    rollouts,
    warning,
)

GROUP_LABELS = ("namespace", "model", "version")
"""Alerts that share these come as one message: a broken version is one story."""

Route = dict[str, Any]

SEVERE = ['severity="critical"']

# Nobody silenced or mended it within an hour: perhaps nobody woke up.
REPEAT_CRITICAL = "1h"
# Something happened once: told at once, by itself, and never again. What is told of a rollout has a
# name in the label `event`.
EVENT = {"group_by": [*GROUP_LABELS, "event"], "group_wait": "1s", "repeat_interval": "24h"}
# A sign of life at every flush, that is each minute. The repeat interval counts from the end of the
# last sending: at a full minute, every other flush would come too early.
WATCHDOG = {"group_wait": "0s", "group_interval": "1m", "repeat_interval": "50s"}


def route(config: StackConfig, alerting: Alerting) -> Route:
    """The root, which tells nobody by itself: the last route takes what no other took."""
    watched = alerting.dead_mans_switch is not None
    routes: list[Route] = [
        {
            "matchers": ['alertname="Watchdog"'],
            "receiver": DEAD_MANS_SWITCH if watched else NOBODY,
            **WATCHDOG,
        },
        *_rollout_routes(alerting),
        {"matchers": ['severity="info"'], "receiver": NOBODY},
    ]
    if alerting.receivers.robots:
        routes += _relay_routes(alerting)
    for team, owner in _owners(alerting):
        own = [name for name, model in config.models.items() if not owner or model.owner == team]
        if config.groups:
            # Which models groups have is not known here: any that a mute names may be the team's.
            own += {name for mute in alerting.mutes.values() for name in mute.models}
        routes += _team_routes(alerting, team, owner, own)
    return {"receiver": NOBODY, "group_by": list(GROUP_LABELS), "routes": routes}


def _rollout_routes(alerting: Alerting) -> list[Route]:
    """Routes of what the controller tells of releases: whoever owns the model reads it."""
    about = ['alertname="RolloutEvent"']
    return [
        {"matchers": [*about, *owner], "receiver": rollouts(team), **EVENT}
        for team, owner in _owners(alerting)
    ]


def _owners(alerting: Alerting) -> Iterator[tuple[str, list[str]]]:
    """Teams with the matchers of what is theirs, in the order in which routes ask for them."""
    for team in alerting.teams:
        if team != alerting.default_team:
            yield team, [f'owner="{team}"']
    # What has no owner, or one that is no team any more, must reach somebody, too.
    yield alerting.default_team, []


def _critical(alerting: Alerting) -> Route:
    # The alerts of one fault are found within one evaluation, 15 s, of each other, and the phone
    # should ring for all of them once.
    return _pace("10s", alerting.group_interval.critical, REPEAT_CRITICAL)


def _warning(alerting: Alerting) -> Route:
    # Nobody waits for a warning; fewer and fuller messages are better. A reminder each day.
    return _pace("30s", alerting.group_interval.warning, "24h")


def _pace(wait: str, interval: timedelta, repeat: str) -> Route:
    return {
        "group_wait": wait,
        "group_interval": show_duration(interval),
        "repeat_interval": repeat,
    }


def _relay_routes(alerting: Alerting) -> list[Route]:
    """Routes of the relay's own alerts, and of those by which nothing of it can be reached."""
    return [
        {"matchers": [about_relay, *severity], "receiver": receiver, **pace}
        for about_relay in ('alertname=~"Relay.*"', 'job="relay"')
        for severity, receiver, pace in (
            (SEVERE, CRITICAL_WITHOUT_RELAY, _critical(alerting)),
            ([], WARNING_WITHOUT_RELAY, _warning(alerting)),
        )
    ]


def _team_routes(
    alerting: Alerting, team: str, matchers: list[str], models: Iterable[str]
) -> list[Route]:
    """Routes of critical alerts, then of all others: what calls itself neither is a warning."""
    hours = [] if alerting.working_hours is None else [WORKING_HOURS]
    levels: list[tuple[list[str], Route]] = [
        (SEVERE, {"receiver": critical(team), **_critical(alerting)}),
        ([], {"receiver": warning(team), **_warning(alerting), "active_time_intervals": hours}),
    ]
    return [
        _compact(
            {
                "matchers": [*matchers, *severity, *scope.matchers],
                **level,
                "mute_time_intervals": [mute_interval(mute) for mute in mutes],
            }
        )
        for severity, level in levels
        for scope, mutes in muted_scopes(alerting.mutes, models)
    ]


def _compact(route: Route) -> Route:
    """A route without empty lists."""
    return {key: value for key, value in route.items() if value != []}
