"""What a real Alertmanager makes of the configuration: who is told, once, and when not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.config import StackConfig, parse
from monitoring.route_cases import expected_mutes, expected_receiver, route_cases
from tests.amtool.catcher import Catcher, Told, catching
from tests.amtool.process import running
from tests.unit.config.edits import edited

# Longer than any group waits, at a hundredth of its time.
A_WHILE = 1.5
ERRORS = {"alertname": "HighModelErrorRate", "severity": "critical"}
LATENCY = {"alertname": "HighModelLatency", "severity": "warning"}
SHARE = {"alertname": "TrafficShareOff", "severity": "warning"}


def version(name: str, model: str = "ocr") -> dict[str, str]:
    return {"owner": "vision", "namespace": "models", "model": model, "version": name}


@pytest.fixture
def world() -> Iterator[Catcher]:
    with catching() as catcher:
        yield catcher


def stack(world: Catcher, **alerting: object) -> StackConfig:
    """Two teams; all that is not behind the relay is a webhook, too."""
    found: dict[str, Any] = {
        "mode": "embedded",
        "gateway": {"namespace": "traefik"},
        "images": {"relay": "relay:v1"},
        "receivers": {
            "dingtalk": {"vision-chat": {"token": "t", "secret": "s"}},
            "webhook": {
                "phone": {"url": f"{world.url}/phone", "token": "phone-token"},
                "platform-chat": {"url": f"{world.url}/platform-chat"},
            },
        },
        "teams": {
            "vision": {"chat": ["vision-chat"], "phone": ["phone"]},
            "platform": {"chat": ["platform-chat"]},
        },
        "defaultTeam": "platform",
    }
    return parse(edited({"alerting": found | alerting, "models/ocr/owner": "vision"}))


def in_order(labels: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(labels.items()))


CHAT = "/robots/vision-chat"


def test_a_critical_alert_rings_the_phone_and_a_warning_does_not(
    binaries: Path, tmp_path: Path, world: Catcher
) -> None:
    with running(binaries, stack(world), tmp_path, world.url) as alertmanager:
        alertmanager.fire(ERRORS | version("v1"), LATENCY | version("v2"))
        world.wait(lambda told: len(told) >= 3)
        time.sleep(A_WHILE)
    told = {(each.path, *each.alerts) for each in world.told}
    assert told == {
        ("/phone", "HighModelErrorRate"),
        (CHAT, "HighModelErrorRate"),
        (CHAT, "HighModelLatency"),
    }
    assert len(world.told) == 3
    assert {each.authorization for each in world.told if each.path == "/phone"} == {
        "Bearer phone-token"
    }
    (token,) = {each.authorization for each in world.told if each.path == CHAT}
    assert len(token) == len("Bearer ") + 64


def test_alerts_of_a_version_come_as_one_message_and_so_does_their_end(
    binaries: Path, tmp_path: Path, world: Catcher
) -> None:
    alerts = [LATENCY | version("v1"), SHARE | version("v1")]
    with running(binaries, stack(world), tmp_path, world.url) as alertmanager:
        alertmanager.fire(*alerts, LATENCY | version("v2"))
        world.wait(lambda told: len(told) >= 2)
        alertmanager.resolve(*alerts)
        world.wait(lambda told: len(told) >= 3)
        time.sleep(A_WHILE)
    assert sorted((each.status, *each.alerts) for each in world.told) == [
        ("firing", "HighModelLatency"),
        ("firing", "HighModelLatency", "TrafficShareOff"),
        ("resolved", "HighModelLatency", "TrafficShareOff"),
    ]


def test_a_critical_alert_silences_warnings_of_its_version_alone(
    binaries: Path, tmp_path: Path, world: Catcher
) -> None:
    no_version = {"owner": "vision", "namespace": "models", "model": "ocr"}
    no_model = {"owner": "vision", "namespace": "models", "version": "v1"}
    silenced = LATENCY | version("v1")
    told_anyway = [
        LATENCY | version("v2"),
        LATENCY | version("v1", model="layout"),
        LATENCY | version("v1") | {"namespace": "elsewhere"},
        {"alertname": "LowModelQPS", "severity": "warning"} | no_version,
        {"alertname": "GpuTooHot", "severity": "warning", "owner": "vision"},
        {"alertname": "Odd", "severity": "warning"} | no_model,
    ]
    critical = [
        ERRORS | version("v1"),
        # None of these names a version of a model, and so silences nothing.
        {"alertname": "RuleEvaluationFails", "severity": "critical", "owner": "vision"},
        {"alertname": "NoReadyEndpoints", "severity": "critical"} | no_version,
        {"alertname": "Odd", "severity": "critical"} | no_model,
    ]
    with running(binaries, stack(world), tmp_path, world.url) as alertmanager:
        alertmanager.fire(*critical)
        world.wait(lambda told: sum(each.path == CHAT for each in told) >= len(critical))
        alertmanager.fire(silenced, *told_anyway)
        world.wait(lambda told: sum(each.path == CHAT for each in told) >= len(critical) + 6)
        time.sleep(A_WHILE)
        inhibited = [
            each["labels"] for each in alertmanager.alerts() if each["status"]["inhibitedBy"]
        ]
    assert inhibited == [silenced]
    warned = [
        in_order(alert["labels"])
        for each in world.told
        for alert in each.body["alerts"]
        if alert["labels"]["severity"] == "warning"
    ]
    assert sorted(warned) == sorted(map(in_order, told_anyway))


def test_the_dead_man_s_switch_is_called_at_every_interval(
    binaries: Path, tmp_path: Path, world: Catcher
) -> None:
    switch = {"url": f"{world.url}/switch"}
    watchdog = {"alertname": "Watchdog", "severity": "info", "owner": "platform"}
    config = stack(world, deadMansSwitch=switch)
    with running(binaries, config, tmp_path, world.url) as alertmanager:
        alertmanager.fire(watchdog)
        world.wait(lambda told: len(told) >= 4)
        alertmanager.resolve(watchdog)
        time.sleep(A_WHILE)
    assert len(world.told) >= 4
    assert {(each.path, each.status) for each in world.told} == {("/switch", "firing")}


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
        # Those that are silenced by others do not get so far as to be muted.
        held.clear()
        held.update(
            (in_order(each["labels"]), each["status"]["mutedBy"])
            for each in alertmanager.alerts()
            if in_order(each["labels"]) in expected and not each["status"]["inhibitedBy"]
        )
        return labels_told(world) == {labels for labels, mutes in held.items() if not mutes}

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
