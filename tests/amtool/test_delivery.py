"""What a real Alertmanager makes of the configuration: who is told, and once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.amtool.alerts import A_WHILE, CHAT, ERRORS, LATENCY, SHARE, in_order, stack, version
from tests.amtool.catcher import Catcher, Told
from tests.amtool.process import Alertmanager, running

Labels = Mapping[str, str]


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
        inhibited = inhibited_by(critical, alertmanager, world, [silenced, *told_anyway], 6)
    assert inhibited == [silenced]
    assert warnings(world) == sorted(map(in_order, told_anyway))


def test_a_fast_burn_silences_the_slow_burn_of_the_same_budget_alone(
    binaries: Path, tmp_path: Path, world: Catcher
) -> None:
    fast = {"alertname": "ErrorBudgetBurnFast", "severity": "critical", "owner": "vision"}
    slow = {"alertname": "ErrorBudgetBurnSlow", "severity": "warning", "owner": "vision"}
    ocr = {"namespace": "models", "model": "ocr"}
    silenced = slow | ocr
    told_anyway = [
        # Only its canary has a critical alert, and stable may burn the budget meanwhile.
        slow | {"namespace": "models", "model": "seal"},
        slow | {"namespace": "elsewhere", "model": "ocr"},
        slow | {"namespace": "models"},
        slow,
        {"alertname": "LowModelQPS", "severity": "warning", "owner": "vision"} | ocr,
    ]
    critical = [
        fast | ocr,
        fast | {"namespace": "models"},
        fast,
        ERRORS | version("v2", model="seal"),
    ]
    with running(binaries, stack(world), tmp_path, world.url) as alertmanager:
        inhibited = inhibited_by(critical, alertmanager, world, [silenced, *told_anyway], 4)
    assert inhibited == [silenced]
    assert warnings(world) == sorted(map(in_order, told_anyway))


def inhibited_by(
    critical: Sequence[Labels],
    alertmanager: Alertmanager,
    world: Catcher,
    others: Sequence[Labels],
    messages: int,
) -> list[Labels]:
    """Which of the other alerts critical ones inhibit, once `messages` of the rest were told."""

    def told(least: int) -> Callable[[list[Told]], bool]:
        return lambda told: sum(each.path == CHAT for each in told) >= least

    alertmanager.fire(*critical)
    world.wait(told(len(critical)))
    alertmanager.fire(*others)
    world.wait(told(len(critical) + messages))
    time.sleep(A_WHILE)
    return [each["labels"] for each in alertmanager.alerts() if each["status"]["inhibitedBy"]]


def warnings(world: Catcher) -> list[str]:
    """The warnings of all messages, by their labels."""
    return sorted(
        in_order(alert["labels"])
        for each in world.told
        for alert in each.body["alerts"]
        if alert["labels"]["severity"] == "warning"
    )


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
