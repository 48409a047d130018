"""Nothing is lost, and nothing doubled but what the robot's own protocol makes unavoidable."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.robots.server import RobotServer
from local.robots.vendors import Call
from tests.relay.alerts import alert, resolved, webhook
from tests.relay.conftest import HOURS, MINUTES, TOKENS, Make, told
from tests.relay.process import ROOT, RelayProcess, eventually

VENDORS = list(TOKENS)


def all_told(relay: RelayProcess, timeout_s: float = 30) -> None:
    eventually(lambda: relay.metric("paddle_relay_waiting") == 0, timeout_s)


def wait_for(robots: RobotServer, count: int) -> None:
    """Until so many messages have been accepted."""
    eventually(lambda: len(robots.kept("accepted")) == count)


def times_told(robots: RobotServer, vendor: str, names: list[str]) -> dict[str, int]:
    """How often each alert's name has been told, in titles."""
    messages = told(robots, vendor)
    return {name: sum(f"{name} " in each["title"] for each in messages) for name in names}


@MINUTES
@pytest.mark.parametrize(
    "fault",
    [
        {"code": 310000, "words": "sign not match"},
        {"code": -1, "words": "busy"},
        {"code": 4711, "words": "nobody knows"},
        "reset",
        "page",
    ],
    ids=str,
)
def test_what_is_not_accepted_is_503_and_told_later_by_itself(
    relay: RelayProcess, robots: RobotServer, fault: object
) -> None:
    robots.break_(TOKENS["dingtalk"], fault)
    firing = webhook(alert())
    assert relay.post("dingtalk", firing) == 503
    assert relay.post("dingtalk", firing) == 503
    robots.break_(TOKENS["dingtalk"], None)
    all_told(relay)
    assert relay.post("dingtalk", firing) == 200
    assert len(robots.kept("accepted")) == 1


@HOURS
def test_a_robot_that_is_away_for_an_hour(relay: RelayProcess, robots: RobotServer) -> None:
    burning, over, later = (webhook(alert(name)) for name in ("Burning", "Over", "Later"))
    robots.close_port()
    for vendor in VENDORS:
        assert relay.post(vendor, burning) == 503
        assert relay.post(vendor, over) == 503
    eventually(lambda: relay.metric("paddle_relay_oldest_waiting_seconds", robot="wecom") > 1800)
    for vendor in VENDORS:
        for it in (resolved(over), later, burning):
            assert relay.post(vendor, it) == 503
    eventually(lambda: relay.metric("paddle_relay_oldest_waiting_seconds", robot="wecom") > 3600)
    assert relay.metric("paddle_relay_dead_letters_total") == 0
    robots.open_port()
    all_told(relay)
    for vendor in VENDORS:
        for it in (burning, resolved(over), later):
            assert relay.post(vendor, it) == 200
        (message,) = told(robots, vendor)
        for name in ("Burning", "Over", "Later"):
            assert message["text"].count(f"{name} · severity") == 1
        assert "resolved 2026-11-23 12:13:05" in message["text"]
        assert "late: the robot was away" in message["text"]


@HOURS
def test_connections_that_are_cut_for_an_hour(relay: RelayProcess, robots: RobotServer) -> None:
    over = webhook(alert("Over"))
    robots.break_(TOKENS["wecom"], "reset")
    assert relay.post("wecom", over) == 503
    assert relay.post("wecom", resolved(over)) == 503
    eventually(lambda: relay.metric("paddle_relay_oldest_waiting_seconds", robot="wecom") > 3600)
    robots.break_(TOKENS["wecom"], None)
    all_told(relay)
    # The first may have arrived each time that it was sent, so it is not merged with the other.
    first, second = told(robots, "wecom")
    assert "Alert firing" in first["title"]
    assert "Perhaps you know this: sent first at 2026" in first["text"]
    assert "Alert resolved" in second["title"]


def test_a_relay_that_is_killed_while_it_sends(make: Make, robots: RobotServer) -> None:
    relay = make()
    names = ["First", "Second"]
    for name in names:
        for vendor in VENDORS:
            robots.break_(TOKENS[vendor], {"delay": 20.0})
        relay.start()
        before = len(robots.kept("accepted"))
        with ThreadPoolExecutor() as alertmanagers:
            answers = [
                alertmanagers.submit(relay.post, vendor, webhook(alert(name))) for vendor in VENDORS
            ]
            wait_for(robots, before + len(VENDORS))
            relay.kill()
            assert all(isinstance(answer.exception(), OSError) for answer in answers)
        for vendor in VENDORS:
            robots.break_(TOKENS[vendor], None)
        relay.start()
        all_told(relay)
        for vendor in VENDORS:
            assert relay.post(vendor, webhook(alert(name))) == 200
        relay.kill()
    for vendor in VENDORS:
        # The robot had the message and nobody could know it: only DingTalk can be told that it
        # is the same one.
        often = 1 if vendor == "dingtalk" else 2
        assert times_told(robots, vendor, names) == dict.fromkeys(names, often)


@MINUTES
def test_a_relay_that_is_killed_before_it_sends(make: Make, robots: RobotServer) -> None:
    relay = make()
    names = ["First", "Second", "Third"]
    robots.close_port()
    for name in names:
        relay.start()
        assert relay.post("wecom", webhook(alert(name))) == 503
        relay.kill()
    robots.open_port()
    relay.start()
    all_told(relay)
    (message,) = told(robots, "wecom")
    assert [message["text"].count(f"{name} · severity") for name in names] == [1, 1, 1]


def test_a_front_that_is_killed_alone_is_replaced(relay: RelayProcess, robots: RobotServer) -> None:
    assert relay.post("wecom", webhook(alert("Before"))) == 200
    front = relay.front()
    os.kill(front, signal.SIGKILL)
    eventually(lambda: relay.get("/health/ready")[0] == 200 and relay.front() != front)
    assert relay.post("wecom", webhook(alert("Before"))) == 200
    assert relay.post("wecom", webhook(alert("After"))) == 200
    assert times_told(robots, "wecom", ["Before", "After"]) == {"Before": 1, "After": 1}


@MINUTES
def test_an_answer_that_is_lost(relay: RelayProcess, robots: RobotServer) -> None:
    for vendor in VENDORS:
        robots.break_(TOKENS[vendor], "vanish")
        assert relay.post(vendor, webhook(alert("Lost"))) == 503
    eventually(lambda: all(told(robots, vendor) for vendor in VENDORS))
    for vendor in VENDORS:
        robots.break_(TOKENS[vendor], None)
    all_told(relay)
    for vendor in VENDORS:
        assert relay.post(vendor, webhook(alert("Lost"))) == 200
    assert times_told(robots, "dingtalk", ["Lost"]) == {"Lost": 1}
    for vendor in ("wecom", "feishu"):
        first, *others = told(robots, vendor)
        assert others
        assert "Perhaps you know this" not in first["text"]
        assert all("Perhaps you know this" in each["text"] for each in others)


@HOURS
def test_robots_that_others_have_made_too_fast(relay: RelayProcess, robots: RobotServer) -> None:
    for vendor in VENDORS:
        robots.robots[TOKENS[vendor]].taken.extend([robots.now()] * 120)
        relay.post(vendor, webhook(alert()))
    all_told(relay)
    for vendor, code in {"dingtalk": 660026, "wecom": 45009, "feishu": 11232}.items():
        assert len(told(robots, vendor)) == 1
        answers = [each["code"] for each in robots.kept("answers") if each["vendor"] == vendor]
        assert set(answers) == {0, code}
        # DingTalk's block of ten minutes is asked for its end once a minute.
        assert len(answers) <= 13


@HOURS
def test_what_is_refused_for_minutes_is_a_dead_letter_that_can_be_tried_again(
    relay: RelayProcess, robots: RobotServer
) -> None:
    robots.break_(TOKENS["feishu"], {"code": 19021, "words": "sign match fail"})
    firing = webhook(alert())
    assert relay.post("feishu", firing) == 503
    eventually(lambda: relay.metric("paddle_relay_dead_letters_total", robot="feishu") == 1)
    assert relay.metric("paddle_relay_dead_letters", robot="feishu") == 1
    (line,) = _dead_letters(relay)
    assert line.endswith(
        "feishu  HighModelErrorRate  1 firing, 0 resolved  (HTTP 200, code 19021: sign match fail)"
    )
    robots.break_(TOKENS["feishu"], None)
    assert _dead_letters(relay, "--retry", "all") == [
        "1 wait again; a running relay tells them within seconds"
    ]
    eventually(lambda: len(robots.kept("accepted")) == 1)
    all_told(relay)
    assert _dead_letters(relay) == ["there are no dead letters"]


@MINUTES
def test_alertmanager_hears_that_a_dead_letter_is_dead(
    relay: RelayProcess, robots: RobotServer
) -> None:
    robots.break_(TOKENS["wecom"], {"code": 40058, "words": "exceed max length"})
    assert relay.post("wecom", webhook(alert("Unsuitable"))) == 422
    assert relay.post("wecom", webhook(alert("Unsuitable"))) in (422, 503)
    robots.break_(TOKENS["wecom"], None)
    assert relay.post("wecom", webhook(alert("Fine"))) == 200


@MINUTES
@pytest.mark.parametrize("vendor", ["dingtalk", "feishu"])
def test_a_secret_changes_under_a_running_relay(
    relay: RelayProcess, robots: RobotServer, tmp_path: Path, vendor: str
) -> None:
    # As Kubernetes has it: the file is a link through a link to a directory, which is swapped.
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    file = tmp_path / f"{vendor}-secret"
    (tmp_path / "first/secret").write_text(file.read_text())
    (tmp_path / "second/secret").write_text("the-new-secret")
    (tmp_path / "..data").symlink_to("first")
    file.unlink()
    file.symlink_to("..data/secret")
    assert relay.post(vendor, webhook(alert("Before"))) == 200

    robots.robots[TOKENS[vendor]].secret = "the-new-secret"
    assert relay.post(vendor, webhook(alert("Between"))) == 503
    (tmp_path / "..new").symlink_to("second")
    (tmp_path / "..new").rename(tmp_path / "..data")
    all_told(relay)
    assert relay.post(vendor, webhook(alert("After"))) == 200
    names = ["Before", "Between", "After"]
    assert times_told(robots, vendor, names) == dict.fromkeys(names, 1)


@MINUTES
def test_no_log_and_no_file_has_a_secret(relay: RelayProcess, robots: RobotServer) -> None:
    faults = ["reset", "vanish", "page", {"code": 310000, "words": "SECdingtalk token-of-dingtalk"}]
    for number, fault in enumerate(faults):
        robots.break_(TOKENS["dingtalk"], fault)
        relay.post("dingtalk", webhook(alert(f"Alert{number}")))
        time.sleep(0.2)
    relay.post("dingtalk", webhook(alert()), "a-wrong-bearer-token")
    log = relay.log.read_text()
    assert "not accepted" in log
    data = b"".join(file.read_bytes() for file in (relay.directory / "data").iterdir())
    for secret in (*TOKENS.values(), "SECdingtalk", "secret-of-feishu", "bearer-token"):
        assert secret not in log
        assert secret.encode() not in data
        assert secret not in relay.get("/metrics")[1]


def _dead_letters(relay: RelayProcess, *options: str) -> list[str]:
    command = [sys.executable, "-m", "monitoring.relay", "dead-letters", *options]
    done = subprocess.run(
        [*command, "--config", relay.config], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_double_is_no_easier_than_the_vendors(robots: RobotServer) -> None:
    robot = robots.robots[TOKENS["dingtalk"]]
    call = Call({"timestamp": "1", "sign": "x"}, "application/json", b"{}", robots.now())
    assert robots.take(robot, call) == (310000, "invalid timestamp")
