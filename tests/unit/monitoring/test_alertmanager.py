"""What Alertmanager's configuration says beside its routes, which amtool tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from infra.config import StackConfig, parse
from monitoring.alertmanager import alertmanager_config, alertmanager_secret
from tests.amtool.stacks import STACKS
from tests.unit.config.edits import base, edited
from tests.unit.config.test_alerting_refused import ALERTING

Config = dict[str, Any]
RELAY = "http://relay.paddle-monitoring.svc:9095/robots"
SECRETS = "/etc/paddle-canary/secrets"


def rendered(**alerting: object) -> Config:
    return alertmanager_config(parse(edited({"alerting": ALERTING | alerting})))


def receiver(config: Config, name: str) -> list[str]:
    """The addresses, or files with addresses, of a receiver, in their order."""
    (found,) = (each for each in config["receivers"] if each["name"] == name)
    hooks = [each.get("url") or each["url_file"] for each in found.get("webhook_configs", ())]
    return hooks + [each["to"] for each in found.get("email_configs", ())]


def routes_to(config: Config, name: str) -> list[Config]:
    return [each for each in config["route"]["routes"] if each["receiver"] == name]


def test_critical_alerts_reach_phone_and_chat_and_warnings_chat_alone() -> None:
    config = rendered()
    phone = f"{SECRETS}/phone.url"
    assert receiver(config, "vision-critical") == [phone, f"{RELAY}/vision-chat"]
    assert receiver(config, "vision-warning") == [f"{RELAY}/vision-chat"]
    platform = [f"{RELAY}/platform-chat", "oncall@example.com"]
    assert receiver(config, "platform-critical") == [phone, *platform]
    assert receiver(config, "platform-warning") == platform


def test_a_team_without_a_phone_gets_critical_alerts_on_chat() -> None:
    teams = {"vision": {"chat": ["vision-chat"]}, "platform": ALERTING["teams"]["platform"]}
    assert receiver(rendered(teams=teams), "vision-critical") == [f"{RELAY}/vision-chat"]


def test_the_relay_is_not_asked_to_tell_of_its_own_failure() -> None:
    config = rendered()
    told = [f"{SECRETS}/phone.url", "oncall@example.com"]
    assert receiver(config, "critical-without-relay") == told
    assert receiver(config, "warning-without-relay") == ["oncall@example.com"]


def test_nobody_is_told_by_default_and_everything_is_taken_by_the_last_route() -> None:
    route = rendered()["route"]
    assert receiver(rendered(), "nobody") == []
    assert route["receiver"] == "nobody"
    assert "matchers" not in route["routes"][-1]
    assert not any(each.get("continue") for each in route["routes"])


def test_working_hours_hold_back_warnings_and_never_critical_alerts() -> None:
    config = rendered(workingHours={}, deadMansSwitch={"url": "https://switch.example.com"})
    held = {
        each["receiver"] for each in config["route"]["routes"] if "active_time_intervals" in each
    }
    assert held == {"vision-warning", "platform-warning"}
    for name in held:
        assert all(
            each["active_time_intervals"] == ["working-hours"] for each in routes_to(config, name)
        )


def test_no_mute_holds_back_what_tells_that_alerts_are_lost() -> None:
    mute = {"reason": "The whole site is moved.", "once": {"start": "2026-12-01 22:00"}}
    mute["once"] |= {"end": "2026-12-02 04:00"}  # type: ignore[operator]
    switch = {"url": "https://switch.example.com"}
    config = rendered(mutes={"move": mute}, deadMansSwitch=switch)
    free = {
        each["receiver"] for each in config["route"]["routes"] if "mute_time_intervals" not in each
    }
    lost = {"nobody", "dead-mans-switch", "critical-without-relay", "warning-without-relay"}
    # What the rollout tells are no alerts, and each comes once.
    assert free - {"vision-rollouts", "platform-rollouts"} == lost


def test_an_event_of_a_rollout_is_told_by_itself_at_once_and_has_no_end() -> None:
    config = rendered()
    (route,) = routes_to(config, "vision-rollouts")
    assert route["matchers"] == ['alertname="RolloutEvent"', 'owner="vision"']
    assert (route["group_by"][-1], route["group_wait"]) == ("event", "1s")
    (receiver,) = [each for each in config["receivers"] if each["name"] == "vision-rollouts"]
    told = [each for kind, configs in receiver.items() if kind != "name" for each in configs]
    assert told
    assert not any(each["send_resolved"] for each in told)


def test_secrets_are_files_and_requests_to_the_relay_carry_its_token() -> None:
    config = rendered(
        deadMansSwitch={"url": "https://switch.example.com", "token": "switch-token"},
        receivers=ALERTING["receivers"] | {"webhook": {"phone": {"url": "u", "token": "t"}}},
    )
    (switch,) = (each for each in config["receivers"] if each["name"] == "dead-mans-switch")
    assert switch["webhook_configs"] == [
        {
            "url_file": f"{SECRETS}/dead-mans-switch-url",
            "send_resolved": False,
            "http_config": {
                "authorization": {"credentials_file": f"{SECRETS}/dead-mans-switch-token"}
            },
        }
    ]
    (vision,) = (each for each in config["receivers"] if each["name"] == "vision-critical")
    assert [
        each["http_config"]["authorization"]["credentials_file"]
        for each in vision["webhook_configs"]
    ] == [f"{SECRETS}/phone.token", f"{SECRETS}/relay-token"]
    assert config["global"]["smtp_auth_password_file"] == f"{SECRETS}/smtp-password"


def test_a_stack_without_mailboxes_names_no_mail_server() -> None:
    assert alertmanager_config(STACKS["awkward names"])["global"] == {}


def test_a_version_s_critical_alert_silences_its_warnings_and_nothing_without_labels() -> None:
    rule, _ = rendered()["inhibit_rules"]
    present = ['namespace!=""', 'model!=""', 'version!=""']
    assert rule == {
        "source_matchers": ['severity="critical"', *present],
        "target_matchers": ['severity="warning"', *present],
        "equal": ["namespace", "model", "version"],
    }


def test_the_operator_is_given_the_very_same_configuration() -> None:
    stack = STACKS["prod"]
    secret = alertmanager_secret(stack)
    assert secret["metadata"]["namespace"] == "paddle-monitoring"
    assert yaml.safe_load(secret["stringData"]["alertmanager.yaml"]) == alertmanager_config(stack)


@pytest.mark.parametrize("render", [alertmanager_config, alertmanager_secret])
def test_a_stack_without_alerting_has_no_alertmanager(
    render: Callable[[StackConfig], Config],
) -> None:
    with pytest.raises(ValueError, match="alerting: found nothing"):
        render(parse(base()))


def test_a_fast_burn_silences_the_slow_burn_of_its_model_and_nothing_without_labels() -> None:
    _, rule = rendered()["inhibit_rules"]
    present = ['namespace!=""', 'model!=""']
    assert rule == {
        "source_matchers": ['alertname="ErrorBudgetBurnFast"', *present],
        "target_matchers": ['alertname="ErrorBudgetBurnSlow"', *present],
        "equal": ["namespace", "model"],
    }


def test_messages_gather_for_as_long_as_the_stack_file_says() -> None:
    config = rendered(groupInterval={"critical": "30s", "warning": "2m"})
    for name, interval in {
        "vision-critical": "30s",
        "critical-without-relay": "30s",
        "platform-warning": "2m",
        "warning-without-relay": "2m",
    }.items():
        assert {each["group_interval"] for each in routes_to(config, name)} == {interval}


def test_phones_ring_soon_and_again_and_warnings_gather() -> None:
    config = rendered(deadMansSwitch={"url": "https://switch.example.com"})
    for name, pace in {
        # Shorter than between two flushes, or every other would be left out.
        "dead-mans-switch": ("0s", "1m", "50s"),
        "vision-critical": ("10s", "1m", "1h"),
        "critical-without-relay": ("10s", "1m", "1h"),
        "platform-warning": ("30s", "5m", "24h"),
    }.items():
        for route in routes_to(config, name):
            keys = ("group_wait", "group_interval", "repeat_interval")
            assert tuple(route[key] for key in keys) == pace
    assert config["route"]["group_by"] == ["namespace", "model", "version"]
