"""Every secret of alerting is one file, for those who need it, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.config import StackConfig, parse
from monitoring.alertmanager import alertmanager_config
from monitoring.relay_config import relay_config
from monitoring.secret_files import (
    alertmanager_files,
    prometheus_files,
    relay_files,
    secret_files,
)
from tests.unit.config.edits import base, edited
from tests.unit.config.test_alerting_refused import ALERTING

ROBOTS: dict[str, Any] = {
    "dingtalk": {"vision-chat": {"token": "hush-dingtalk-token", "secret": "hush-dingtalk-secret"}},
    "wecom": {"platform-chat": {"key": "hush-wecom-key"}},
    "feishu": {"other-chat": {"token": "hush-feishu-token", "secret": "hush-feishu-secret"}},
}
OTHERS: dict[str, Any] = {
    "email": ALERTING["receivers"]["email"],
    "webhook": {
        "phone": {"url": "https://phone.example.com/phone-url", "token": "hush-phone"},
        # A name of something else, too.
        "relay-token": {"url": "https://a.example.com/tickets-url"},
        "dead-mans-switch": {"url": "https://b.example.com/webhook-url"},
    },
}
STORES = [
    {"url": "https://a.example.com"},
    {"url": "https://b.example.com", "token": "hush-store"},
]
SWITCH = {"url": "https://switch.example.com/switch-url", "token": "hush-switch"}


ROBOTS_AND_OTHERS = [name for kind in (ROBOTS | OTHERS).values() for name in kind]


def stack(**receivers: object) -> StackConfig:
    alerting = ALERTING | {
        "receivers": ROBOTS | OTHERS | receivers,
        "smtp": ALERTING["smtp"] | {"password": "hush-smtp"},
        "deadMansSwitch": SWITCH,
        "teams": {"everybody": {"chat": [*ROBOTS_AND_OTHERS]}},
        "defaultTeam": "everybody",
        "prometheus": {"remoteWrite": STORES},
    }
    return parse(edited({"alerting": alerting}))


def test_each_program_gets_what_it_needs() -> None:
    shown = {name: secret.value for name, secret in alertmanager_files(stack()).items()}
    token = shown.pop("relay-token")
    assert shown == {
        "phone.url": "https://phone.example.com/phone-url",
        "phone.token": "hush-phone",
        "relay-token.url": "https://a.example.com/tickets-url",
        "dead-mans-switch.url": "https://b.example.com/webhook-url",
        "smtp-password": "hush-smtp",
        "dead-mans-switch-url": "https://switch.example.com/switch-url",
        "dead-mans-switch-token": "hush-switch",
    }
    assert {name: secret.value for name, secret in relay_files(stack()).items()} == {
        "relay-token": token,
        "vision-chat.token": "hush-dingtalk-token",
        "vision-chat.secret": "hush-dingtalk-secret",
        "platform-chat.key": "hush-wecom-key",
        "other-chat.token": "hush-feishu-token",
        "other-chat.secret": "hush-feishu-secret",
    }
    assert {name: secret.value for name, secret in prometheus_files(stack()).items()} == {
        "remote-write-1-token": "hush-store"
    }


def test_all_files_are_those_of_the_programs() -> None:
    config = stack()
    together = {**alertmanager_files(config), **relay_files(config), **prometheus_files(config)}
    assert secret_files(config) == together


def test_no_configuration_holds_a_secret() -> None:
    config = stack()
    rendered = json.dumps([alertmanager_config(config), relay_config(config)])
    for name, secret in secret_files(config).items():
        assert secret.value not in rendered, name


def test_every_file_that_a_configuration_names_is_there() -> None:
    config = stack()
    for rendered, files in (
        (alertmanager_config(config), alertmanager_files(config)),
        (relay_config(config), relay_files(config)),
    ):
        assert {f"/etc/paddle-canary/secrets/{name}" for name in files} == named(rendered)


def named(node: object) -> set[str]:
    """Everything below the directory of secrets that a configuration names."""
    if isinstance(node, dict):
        return set().union(*map(named, node.values()))
    if isinstance(node, list):
        return set().union(*map(named, node))
    return {node} if isinstance(node, str) and node.startswith("/etc/") else set()


def test_the_relay_s_token_is_long_and_follows_every_robot_s_secret() -> None:
    def token(**receivers: object) -> str:
        return secret_files(stack(**receivers))["relay-token"].value

    tokens = {
        token(),
        token(wecom={"platform-chat": {"key": "another"}}),
        token(wecom={"platform-chat": {"key": "hush-wecom-key"}, "one-more": {"key": "k"}}),
        token(feishu={"other-chat": {"token": "hush-feishu-token", "secret": "another"}}),
    }
    assert token() == token()
    assert len(tokens) == 4
    assert all(len(each) == 64 for each in tokens)


@pytest.mark.parametrize(
    "config",
    [parse(base()), parse(edited({"alerting": ALERTING | {"receivers": OTHERS, "teams": {
        "platform": {"chat": ["platform-mail"]}}}}))],
    ids=["without alerting", "without robots"],
)  # fmt: skip
def test_without_robots_there_is_no_token_and_no_relay(config: StackConfig) -> None:
    assert "relay-token" not in secret_files(config)
    assert relay_files(config) == {}
    with pytest.raises(ValueError, match=r"found no(thing| robots)"):
        relay_config(config)
