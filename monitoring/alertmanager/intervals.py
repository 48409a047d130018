"""Working hours and mutes as time intervals of Alertmanager.

https://prometheus.io/docs/alerting/latest/configuration/#time_interval
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from infra.config import Alerting, Dates, Hours

WORKING_HOURS = "working-hours"

Interval = dict[str, Any]


def mute_interval(mute: str) -> str:
    """The name of a mute's interval."""
    return f"mute-{mute}"


def time_intervals(alerting: Alerting) -> list[Interval]:
    """Every interval that a route refers to, by name."""
    named: dict[str, list[Interval]] = {}
    if alerting.working_hours is not None:
        named[WORKING_HOURS] = [_weekly(alerting.working_hours)]
    for name, mute in alerting.mutes.items():
        once = [] if mute.once is None else list(_once(mute.once))
        named[mute_interval(name)] = once if mute.weekly is None else [_weekly(mute.weekly)]
    return [
        {
            "name": name,
            "time_intervals": [{**each, "location": alerting.time_zone} for each in intervals],
        }
        for name, intervals in named.items()
    ]


def _weekly(hours: Hours) -> Interval:
    return {"weekdays": list(hours.days), "times": [_times(hours.start, hours.end)]}


def _once(dates: Dates) -> Iterator[Interval]:
    """One interval for each run of days of a month with the same hours.

    Alertmanager knows no dates, but years, months, days and hours that must all fit.
    """
    runs = groupby(_days(dates.start, dates.end), lambda day: (day[0].year, day[0].month, day[1:]))
    for (year, month, hours), run in runs:
        days = [day.day for day, *_ in run]
        yield {
            "years": [str(year)],
            "months": [str(month)],
            "days_of_month": [f"{days[0]}:{days[-1]}"],
            "times": [_times(*hours)],
        }


def _days(start: datetime, end: datetime) -> Iterator[tuple[date, str, str]]:
    """Each day from start to end with its first minute and the minute after its last."""
    day = start.date()
    while datetime.combine(day, datetime.min.time()) < end:
        first = f"{start:%H:%M}" if day == start.date() else "00:00"
        last = f"{end:%H:%M}" if day == end.date() else "24:00"
        yield day, first, last
        day += timedelta(days=1)


def _times(start: str, end: str) -> Interval:
    return {"start_time": start, "end_time": end}
