"""Time intervals say the same as the stack file, minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.config import parse
from monitoring.alertmanager import alertmanager_config
from tests.unit.config.edits import edited
from tests.unit.config.test_alerting_refused import ALERTING

MINUTE = timedelta(minutes=1)
TIMES = st.datetimes(datetime(2026, 11, 24), datetime(2029, 3, 2))


def intervals(alerting: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Rendered intervals by name."""
    config = alertmanager_config(parse(edited({"alerting": ALERTING | alerting})))
    return {each["name"]: each["time_intervals"] for each in config["time_intervals"]}


def once(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The rendered interval of a mute that comes once."""
    when = {"start": f"{start:%Y-%m-%d %H:%M}", "end": f"{end:%Y-%m-%d %H:%M}"}
    mute = {"reason": "The site is moved.", "once": when}
    return intervals({"mutes": {"move": mute}})["mute-move"]


def covers(interval: dict[str, Any], moment: datetime) -> bool:
    """What Alertmanager's documentation says of an interval: all that is there must fit.

    https://prometheus.io/docs/alerting/latest/configuration/#time_interval-0
    """
    first, last = map(int, interval["days_of_month"][0].split(":"))
    times = interval["times"][0]
    return (
        interval["years"] == [str(moment.year)]
        and interval["months"] == [str(moment.month)]
        and first <= moment.day <= last
        and times["start_time"] <= f"{moment:%H:%M}" < times["end_time"]
    )


@given(TIMES, st.timedeltas(MINUTE, timedelta(days=400)), st.data())
def test_a_date_is_covered_from_its_first_to_its_last_minute(
    start: datetime, length: timedelta, data: st.DataObject
) -> None:
    start = start.replace(second=0, microsecond=0)
    end = start + max(length - length % MINUTE, MINUTE)
    rendered = once(start, end)
    anywhere = data.draw(st.datetimes(start, end))
    for moment in (start, end - MINUTE, anywhere):
        assert sum(covers(each, moment) for each in rendered) == (start <= moment < end)
    for moment in (start - MINUTE, end):
        assert not any(covers(each, moment) for each in rendered)


def test_whole_days_of_a_month_are_one_interval() -> None:
    rendered = once(datetime(2027, 9, 30, 18), datetime(2027, 10, 8))
    assert [(each["months"], each["days_of_month"]) for each in rendered] == [
        (["9"], ["30:30"]),
        (["10"], ["1:7"]),
    ]


def test_every_interval_has_the_time_zone_of_the_stack() -> None:
    rendered = intervals(
        {
            "timeZone": "America/Sao_Paulo",
            "workingHours": {"start": "10:00"},
            "mutes": {
                "test": {
                    "reason": "A load test each night.",
                    "weekly": {"days": ["friday"], "start": "23:00", "end": "24:00"},
                }
            },
        }
    )
    assert rendered == {
        "working-hours": [
            {
                "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "times": [{"start_time": "10:00", "end_time": "18:00"}],
                "location": "America/Sao_Paulo",
            }
        ],
        "mute-test": [
            {
                "weekdays": ["friday"],
                "times": [{"start_time": "23:00", "end_time": "24:00"}],
                "location": "America/Sao_Paulo",
            }
        ],
    }
