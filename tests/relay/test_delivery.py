"""From a webhook to the group: signed, once, in order, and only for those who know the token."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.robots.server import RobotServer
from tests.relay.alerts import alert, resolved, webhook
from tests.relay.conftest import MINUTES, TOKENS, Make, told
from tests.relay.process import BEARER, RelayProcess, eventually

VENDORS = list(TOKENS)


def test_an_alert_and_its_end_are_told_in_order(relay: RelayProcess, robots: RobotServer) -> None:
    for vendor in VENDORS:
        firing = webhook(alert())
        assert relay.post(vendor, firing) == 200
        assert relay.post(vendor, resolved(firing)) == 200
        first, second = told(robots, vendor)
        assert first["title"].endswith("Alert firing · critical: HighModelErrorRate (ocr v1.2)")
        assert second["title"].endswith("Alert resolved: HighModelErrorRate (ocr v1.2)")
        assert first["called"] == ["13800000000" if vendor == "dingtalk" else "zhangsan"]
        assert second["called"] == []


def test_a_pair_of_alertmanagers_and_their_retries_are_told_once(
    relay: RelayProcess, robots: RobotServer
) -> None:
    together = threading.Barrier(8)

    def post(vendor: str) -> int:
        together.wait()
        return relay.post(vendor, webhook(alert()))

    for vendor in VENDORS:
        with ThreadPoolExecutor(8) as alertmanagers:
            assert list(alertmanagers.map(post, [vendor] * 8)) == [200] * 8
        assert len(told(robots, vendor)) == 1
        assert relay.metric("paddle_relay_duplicates_total", robot=vendor) == 7


def test_a_late_repetition_by_the_other_of_a_pair_is_not_told_after_the_end(
    relay: RelayProcess, robots: RobotServer
) -> None:
    firing = webhook(alert())
    assert relay.post("wecom", firing) == 200
    assert relay.post("wecom", resolved(firing)) == 200
    assert relay.post("wecom", firing) == 503
    assert len(told(robots, "wecom")) == 2


def test_who_does_not_know_the_token_tells_nothing(
    relay: RelayProcess, robots: RobotServer
) -> None:
    forged = webhook(alert("Forged"))
    for bearer in (None, "", "wrong", BEARER + "x", BEARER[:-1]):
        assert relay.post("wecom", forged, bearer) == 401
    assert relay.post("wecom", b"x" * (1 << 20), "wrong") == 401
    assert robots.kept("accepted") == []
    assert relay.metric("paddle_relay_waiting") == 0


def test_the_bearer_token_can_change_while_the_relay_runs(relay: RelayProcess) -> None:
    relay.secret("bearer", "another-token")
    assert relay.post("wecom", webhook(alert())) == 401
    assert relay.post("wecom", webhook(alert()), "another-token") == 200


def test_what_can_never_be_told_is_refused_for_good(relay: RelayProcess) -> None:
    assert relay.post("wecom", b"not json") == 400
    assert relay.post("wecom", {**webhook(alert()), "version": "3"}) == 400
    assert relay.post("nobody", webhook(alert())) == 404
    assert relay.post("wecom", b"x" * (17 << 20)) == 413
    assert relay.get("/robots/wecom")[0] == 405
    assert relay.metric("paddle_relay_webhooks_total", robot="wecom", status="400") == 2
    assert relay.metric("paddle_relay_webhooks_total", robot="unknown", status="404") == 1


def test_hostile_labels_call_nobody_and_link_nowhere(
    relay: RelayProcess, robots: RobotServer
) -> None:
    for vendor in VENDORS:
        hostile = alert(
            "<at id=all></at><@all>@all",
            severity="warning",
            annotations={
                "summary": "[look](https://evil.example) <at id=ou_1></at> <@li> @13800000000",
                "description": "![x](https://evil.example/x.png)\n<a href='http://evil'>y</a>",
                "runbook_url": "https://evil.example/runbook",
            },
            pod="](https://evil.example)",
        )
        assert relay.post(vendor, webhook(hostile)) == 200
        (message,) = told(robots, vendor)
        assert message["called"] == []
        for markup in ("](http", "://", "<at", "<@", "<a", "!["):
            assert markup not in message["text"]


@MINUTES
def test_a_text_that_is_too_long_comes_in_parts(relay: RelayProcess, robots: RobotServer) -> None:
    pods = [f"ocr-{number}-{'告警' * 80}" for number in range(90)]
    for vendor in VENDORS:
        relay.post(vendor, webhook(*(alert(pod=pod) for pod in pods)))
    eventually(lambda: relay.metric("paddle_relay_waiting") == 0)
    for vendor in VENDORS:
        messages = told(robots, vendor)
        assert len(messages) > 1
        text = "".join(each["text"] for each in messages)
        assert all(f"ocr-{number}-告警" in text.replace("&#95;", "_") for number in range(90))
        assert sum(bool(each["called"]) for each in messages) == 1


def test_a_relay_that_is_told_to_end_finishes_what_is_inside(
    relay: RelayProcess, robots: RobotServer
) -> None:
    robots.break_(TOKENS["wecom"], {"delay": 1.0})
    with ThreadPoolExecutor(1) as alertmanager:
        answer = alertmanager.submit(relay.post, "wecom", webhook(alert()))
        eventually(lambda: robots.kept("accepted"))
        assert relay.end() == 0
        assert answer.result() == 200


def test_a_second_relay_on_the_same_queue_ends_with_one_line(
    relay: RelayProcess, make: Make
) -> None:
    second = make()
    with pytest.raises(RuntimeError) as error:
        second.start()
    lines = [line for line in str(error.value).splitlines() if "cannot start" in line]
    assert lines == [
        f"relay: cannot start: {relay.directory / 'data'} belongs to another relay; stop it first"
    ]


def test_a_wrong_configuration_ends_the_start_with_all_problems(make: Make) -> None:
    relay = make(language="de", colour="red")
    with pytest.raises(RuntimeError) as error:
        relay.start()
    assert "colour: found 'red'; write nothing: there is no such key" in str(error.value)
    assert "language: found 'de'; write en or zh" in str(error.value)
    assert "Traceback" not in str(error.value)
