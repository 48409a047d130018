"""When alerts fire, and which incident they belong to."""

from __future__ import annotations

import pytest

from bench.rules_replay.blocks import levels
from bench.rules_replay.firing import firing
from bench.rules_replay.fleet import MINUTES
from bench.rules_replay.incidents import INCIDENTS, Incident
from bench.rules_replay.judge import Notification, delay, false, merged
from infra.config.alerts import ALERTS
from monitoring.rules import RecordingRule


@pytest.mark.parametrize(
    ("holds", "hold", "keep", "found"),
    [
        ("", 0, 0, []),
        ("..xx..", 0, 0, [(2, 4)]),
        ("..xxx.", 2, 0, [(4, 5)]),
        ("..xx..", 2, 0, []),
        (".x.xx.", 1, 0, [(4, 5)]),
        ("xx....", 0, 3, [(0, 5)]),
        ("xx..xx......", 0, 3, [(0, 9)]),
        ("xx...xx", 1, 2, [(1, 4), (6, 7)]),
        ("xxxx", 1, 0, [(1, 4)]),
    ],
)
def test_an_alert_fires_after_its_patience_and_is_kept(
    holds: str, hold: int, keep: int, found: list[tuple[int, int]]
) -> None:
    assert firing([each == "x" for each in holds], hold, keep) == found


def told(alert: str, start: int, end: int, model: str = "ocr", version: str = "v1") -> Notification:
    return Notification(alert, model, version, start, end)


FAILURE = Incident(
    *("a failure", "errors", 0, "01:00", 30),
    found_by=frozenset({"HighModelErrorRate"}),
    also=frozenset({"ErrorBudgetBurnSlow"}),
    model="ocr",
    arm="stable",
)


@pytest.mark.parametrize(
    ("notification", "belongs"),
    [
        (told("HighModelErrorRate", 65, 95), True),
        (told("HighModelErrorRate", 149, 160), True),
        (told("HighModelErrorRate", 150, 160), False),
        (told("HighModelErrorRate", 50, 60), False),
        (told("HighModelErrorRate", 65, 95, model="layout"), False),
        (told("HighModelLatency", 65, 95), False),
        (told("ErrorBudgetBurnSlow", 400, 420, version=""), True),
    ],
)
def test_a_notification_belongs_to_what_it_is_about_in_its_time(
    notification: Notification, belongs: bool
) -> None:
    assert notification.belongs_to(FAILURE) == belongs
    assert false([notification], [FAILURE]) == ([] if belongs else [notification])


def test_an_incident_is_found_by_its_own_alerts_alone() -> None:
    late, early = told("HighModelErrorRate", 80, 90), told("HighModelErrorRate", 66, 70)
    assert delay([late, early], FAILURE) == 6
    assert delay([told("HighModelErrorRate", 50, 70)], FAILURE) == 0
    assert delay([told("ErrorBudgetBurnSlow", 66, 70)], FAILURE) is None


def test_alerts_of_several_pods_at_a_time_are_one_notification() -> None:
    found = merged([told("X", 5, 9), told("X", 0, 5), told("X", 11, 12), told("X", 2, 3, "layout")])
    assert found == [told("X", 2, 3, "layout"), told("X", 0, 9), told("X", 11, 12)]


def test_rules_are_backfilled_after_those_that_they_read() -> None:
    a, b, c = (
        RecordingRule("model:a:sum", "sum (raw)"),
        RecordingRule("model:b:sum", "model:a:sum{x='y'} + model:c:sum"),
        RecordingRule("model:c:sum", "avg_over_time(model:a:sum[1h])"),
    )
    assert levels([b, c, a]) == [[a], [c], [b]]
    with pytest.raises(ValueError, match="wait for each other"):
        levels([c, RecordingRule("model:a:sum", "model:c:sum")])


def test_every_incident_names_alerts_that_there_are_and_ends_in_time() -> None:
    for incident in INCIDENTS:
        assert incident.found_by | incident.also <= ALERTS.keys(), incident.name
        assert 0 <= incident.start < incident.end <= MINUTES, incident.name


def test_every_alert_but_the_watchdog_and_those_about_rules_has_an_incident_to_find() -> None:
    found = {alert for incident in INCIDENTS for alert in incident.found_by | incident.also}
    assert ALERTS.keys() - found == {"RuleEvaluationFails", "Watchdog"}
