"""Rules within alerting, and between it and the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from infra.config.alerting import Alerting
from infra.config.alerts import ALERTS
from infra.config.describe import nearest, one_of, show
from infra.config.errors import Path, Problem
from infra.config.hours import Dates, Hours, Mute
from infra.config.receivers import Receivers
from infra.config.stack import StackConfig
from infra.config.values import show_duration, show_moment

AT = ("alerting",)

SHORTEST_RETENTION = timedelta(days=22)
"""The traffic norm is the median of the same hour one, two and three weeks ago."""

LONGEST_INTERVAL = timedelta(seconds=30)
"""The shortest windows of the rules are one minute long and need two samples."""

NEVER_MUTED = ("Watchdog", "RelayDeadLetters")
"""What tells that other alerts do not get through."""


def check_alerting(config: StackConfig) -> Iterator[Problem]:
    """Find everything that is wrong with who is told what and when."""
    alerting = config.alerting
    if not alerting:
        return
    for name, model in config.models.items():
        if model.owner:
            yield from _team(alerting, model.owner, ("models", name, "owner"))
    if not config.owns_alerting:
        return
    yield from _prometheus(alerting)
    yield from _receivers(alerting)
    yield from _teams(alerting)
    if alerting.working_hours:
        yield from _hours(alerting.working_hours, (*AT, "workingHours"))
    for name, mute in alerting.mutes.items():
        yield from _mute(config, mute, (*AT, "mutes", name))


def _prometheus(alerting: Alerting) -> Iterator[Problem]:
    at = (*AT, "prometheus")
    retention, interval = alerting.prometheus.retention, alerting.prometheus.interval
    if alerting.mode == "embedded" and retention < SHORTEST_RETENTION:
        yield Problem(
            (*at, "retention"),
            show(show_duration(retention)),
            f"{show_duration(SHORTEST_RETENTION)} or more: the traffic norm looks back three weeks",
        )
    if interval > LONGEST_INTERVAL:
        yield Problem(
            (*at, "interval"),
            show(show_duration(interval)),
            f"{show_duration(LONGEST_INTERVAL)} or less: rates over a minute need two samples",
        )


def _receivers(alerting: Alerting) -> Iterator[Problem]:
    kinds: dict[str, str] = {}
    for kind in Receivers.model_fields:
        for name in getattr(alerting.receivers, kind):
            if name in kinds:
                yield Problem(
                    (*AT, "receivers", kind, name),
                    f"a name that receivers.{kinds[name]} has already",
                    "another name: teams tell receivers apart by their names alone",
                )
            kinds.setdefault(name, kind)
    if alerting.receivers.email and not alerting.smtp:
        yield Problem(
            (*AT, "smtp"),
            "nothing",
            f"the mail server that receivers.email needs ({one_of(alerting.receivers.email)})",
        )


def _teams(alerting: Alerting) -> Iterator[Problem]:
    known = alerting.receivers.by_name
    for name, team in alerting.teams.items():
        at = (*AT, "teams", name)
        told = set[str]()
        chat, phone = _listed(team.chat, (*at, "chat")), _listed(team.phone, (*at, "phone"))
        for path, receiver in (*chat, *phone):
            if receiver not in known:
                write = f"a receiver that alerting.receivers has: {one_of(known)}"
                yield Problem(path, show(receiver), write)
            elif receiver in told:
                write = "each receiver once: critical alerts go to chat and phone"
                yield Problem(path, f"{show(receiver)} again", write)
            told.add(receiver)
    yield from _team(alerting, alerting.default_team, (*AT, "defaultTeam"))
    default = alerting.teams.get(alerting.default_team)
    if default and alerting.receivers.robots.keys() >= set(default.chat):
        yield Problem(
            (*AT, "teams", alerting.default_team, "chat"),
            "robots only",
            "a mailbox or webhook beside them: when the relay, which speaks to the robots, "
            "loses a message, this team must be told by another road",
        )


def _team(alerting: Alerting, name: str, at: Path) -> Iterator[Problem]:
    if name not in alerting.teams:
        write = f"a team that alerting.teams has: {one_of(alerting.teams)}"
        yield Problem(at, show(name), write)


def _mute(config: StackConfig, mute: Mute, at: Path) -> Iterator[Problem]:
    for path, model in _listed(mute.models, (*at, "models")):
        # Those of groups stand in files of their own.
        if model not in config.models and not config.groups:
            write = f"a model that models has: {one_of(config.models)}"
            yield Problem(path, show(model), write)
    for path, alert in _listed(mute.alerts, (*at, "alerts")):
        if alert not in ALERTS:
            yield Problem(path, show(alert), f"{nearest(alert, ALERTS)}: an alert that there is")
        elif alert in NEVER_MUTED:
            write = "other alerts: this one tells that others do not get through"
            yield Problem(path, show(alert), write)
    if bool(mute.weekly) == bool(mute.once):
        found = "both weekly and once" if mute.once else "neither weekly nor once"
        yield Problem(at, found, "one of them")
    if mute.weekly:
        yield from _hours(mute.weekly, (*at, "weekly"))
    if mute.once:
        yield from _dates(mute.once, (*at, "once"))


def _hours(hours: Hours, at: Path) -> Iterator[Problem]:
    if hours.start >= hours.end:
        write = f"a later time than start, {show(hours.start)}; after midnight is another day"
        yield Problem((*at, "end"), show(hours.end), write)


def _dates(dates: Dates, at: Path) -> Iterator[Problem]:
    if dates.start >= dates.end:
        start, end = show_moment(dates.start), show_moment(dates.end)
        yield Problem((*at, "end"), show(end), f"a later time than start, {show(start)}")


def _listed(names: Iterable[str], at: Path) -> Iterator[tuple[Path, str]]:
    for place, name in enumerate(names):
        yield (*at, place), name
