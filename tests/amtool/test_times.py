"""When a real Alertmanager tells nobody: outside working hours, and while a mute lasts."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitoring.route_cases import expected_mutes, expected_receiver, route_cases
from tests.amtool.alerts import A_WHILE, CHAT, ERRORS, LATENCY, in_order, stack, version
from tests.amtool.catcher import Catcher, Told
from tests.amtool.process import running


def at_noon() -> str:
    """A time zone in which it is past twelve and before one: no test meets midnight."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def today(zone: str) -> str:
    return f"{datetime.now(ZoneInfo(zone)):%A}".lower()


@pytest.mark.parametrize(
    ("hours", "told"),
    [({"start": "11:00", "end": "14:00"}, True), ({"start": "06:00", "end": "12:00"}, False)],
    ids=["at noon", "in the morning"],
)
def test_warnings_wait_for_working_hours_and_critical_alerts_do_not(
    binaries: Path, tmp_path: Path, world: Catcher, hours: dict[str, str], told: bool
) -> None:
    zone = at_noon()
    config = stack(world, timeZone=zone, workingHours={"days": [today(zone)], **hours})
    with running(binaries, config, tmp_path, world.url) as alertmanager:
        alertmanager.fire(LATENCY | version("v2"), ERRORS | version("v1"))
        world.wait(lambda found: len(found) >= 2 + told)
        time.sleep(A_WHILE)
        held = [each["labels"] for each in alertmanager.alerts() if each["status"]["mutedBy"]]
    critical = [(CHAT, "HighModelErrorRate"), ("/phone", "HighModelErrorRate")]
    warning = [(CHAT, "HighModelLatency")] if told else []
    assert sorted((each.path, *each.alerts) for each in world.told) == sorted(critical + warning)
    assert held == ([] if told else [LATENCY | version("v2")])


def test_mutes_hold_back_what_they_name_while_they_last(
    binaries: Path, tmp_path: Path, world: Catcher
) -> None:
    zone = at_noon()
    now = datetime.now(ZoneInfo(zone))
    hour = timedelta(hours=1)
    lasting = {
        "start": f"{now - hour:%Y-%m-%d %H:%M}",
        "end": f"{now + hour:%Y-%m-%d %H:%M}",
    }
    over = lasting | {"end": f"{now - timedelta(minutes=30):%Y-%m-%d %H:%M}"}
    night = {"days": [today(zone)], "start": "00:00", "end": "06:00"}
    noon = night | {"start": "12:00", "end": "13:00"}
    why = {"reason": "This is a test of mutes."}
    mutes: dict[str, Any] = {
        "errors": why | {"models": ["ocr"], "alerts": ["HighModelErrorRate"], "once": lasting},
        "heat": why | {"alerts": ["GpuTooHot"], "weekly": noon},
        "at-night": why | {"weekly": night},
        "over": why | {"models": ["ocr"], "once": over},
    }
    config = stack(world, timeZone=zone, mutes=mutes, deadMansSwitch={"url": f"{world.url}/switch"})
    assert config.alerting
    alerts = [case.labels for case in route_cases(config)]
    expected = {
        in_order(labels): sorted(
            f"mute-{name}" for name in expected_mutes(config.alerting, labels) & {"errors", "heat"}
        )
        for labels in alerts
        if expected_receiver(config.alerting, labels) != "nobody"
    }
    held: dict[str, list[str]] = {}

    def is_told_what_is_not_held(_: list[Told]) -> bool:
        shown = {in_order(each["labels"]): each["status"] for each in alertmanager.alerts()}
        # Those that are silenced by others do not get so far as to be muted.
        held.clear()
        held.update(
            (labels, status["mutedBy"])
            for labels, status in shown.items()
            if labels in expected and not status["inhibitedBy"]
        )
        told = {labels for labels, mutes in held.items() if not mutes}
        # Alertmanager may not show all yet that it was sent a moment ago.
        return expected.keys() <= shown.keys() and labels_told(world) == told

    with running(binaries, config, tmp_path, world.url) as alertmanager:
        alertmanager.fire(*alerts)
        world.wait(is_told_what_is_not_held)
    assert held == {labels: expected[labels] for labels in held}
    assert {*map(tuple, held.values())} == {(), ("mute-errors",), ("mute-heat",)}
    assert len(held) > len(expected) / 2
    assert labels_told(world) == {labels for labels, mutes in held.items() if not mutes}


def labels_told(world: Catcher) -> set[str]:
    """Every alert in any message so far."""
    return {in_order(alert["labels"]) for each in world.told for alert in each.body["alerts"]}
