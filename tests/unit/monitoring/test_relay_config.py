"""The relay reads its rendered configuration as it is meant."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from monitoring.relay.config import Links
from monitoring.relay.read_config import parse
from monitoring.relay_config import relay_config
from tests.amtool.stacks import STACKS

SECRETS = Path("/etc/paddle-canary/secrets")


def test_the_relay_reads_robots_links_and_language() -> None:
    config = parse(relay_config(STACKS["prod"]))
    assert (config.port, config.language, config.time_zone, config.repeat_s) == (
        9095,
        "zh",
        ZoneInfo("Asia/Shanghai"),
        3600,
    )
    assert config.bearer_token_file == SECRETS / "relay-token"
    assert config.links == Links(
        alertmanager="https://alerts.example.com",
        dashboards="https://grafana.example.com",
        runbooks="https://docs.example.com/paddle-canary/runbooks",
    )
    dingtalk, wecom, feishu = (
        config.robots[name] for name in ("vision-dingtalk", "platform-wecom", "vision-feishu")
    )
    assert (dingtalk.type, wecom.type, feishu.type) == ("dingtalk", "wecom", "feishu")
    assert dingtalk.token_file == SECRETS / "vision-dingtalk.token"
    assert dingtalk.secret_file == SECRETS / "vision-dingtalk.secret"
    assert (wecom.token_file, wecom.secret_file) == (SECRETS / "platform-wecom.key", None)
    assert dict(dingtalk.mentions) == {"oncall": ("13800138000",)}
    assert dict(feishu.mentions) == {}


def test_the_relay_takes_every_setting_that_a_stack_may_have() -> None:
    for name in ("everything", "awkward names"):
        parse(relay_config(STACKS[name]))
