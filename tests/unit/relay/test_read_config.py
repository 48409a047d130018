"""relay.yaml: what it says, and what is wrong with it, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.relay import config as config_module
from monitoring.relay.keys import ConfigErrors
from monitoring.relay.read_config import parse, read

MINIMAL: dict[str, Any] = {
    "bearerTokenFile": "/secrets/bearer",
    "robots": {"oncall": {"type": "wecom", "tokenFile": "/secrets/token"}},
}


def problems(document: object) -> list[str]:
    with pytest.raises(ConfigErrors) as errors:
        parse(document)
    return str(errors.value).splitlines()


def test_two_keys_are_enough() -> None:
    config = parse(MINIMAL)
    assert config.port == 9095
    assert config.data == Path("/var/lib/relay")
    assert (config.language, str(config.time_zone), config.repeat_s) == ("en", "UTC", 14400)
    robot = config.robots["oncall"]
    assert (robot.url, robot.secret_file) == ("https://qyapi.weixin.qq.com", None)


def test_the_example_of_the_documentation_is_valid() -> None:
    text = (config_module.__doc__ or "").split("\n\n")[1]
    config = parse(yaml.safe_load(text))
    assert config.links.runbooks == "https://wiki.example.com/runbooks"
    robot = config.robots["oncall"]
    assert robot.mentions == {"oncall": ("13800000000",), "team-ocr": ("zhangsan",)}
    assert robot.url == "https://oapi.dingtalk.com"


def test_every_problem_is_named_with_what_to_write() -> None:
    assert problems(
        {
            "port": 0,
            "data": "var",
            "language": "de",
            "timeZone": "Mars/Base",
            "repeatInterval": "10s",
            "colour": "red",
            "links": {"dashboards": "grafana", "wiki": "x", "runbooks": "https://u:p@h/"},
            "robots": {
                "On Call": {"type": "wecom", "tokenFile": "/t", "secretFile": "/s"},
                "b": {"type": "slack", "tokenFile": "t"},
                "c": {
                    "type": "feishu",
                    "url": "https://open.feishu.cn/open-apis/bot/v2/hook/x",
                    "mentions": {"oncall": "ou_1", "team": ["a<b"], "all": ["all"], "none": []},
                    "limit": 3,
                },
            },
        }
    ) == [
        "bearerTokenFile: found nothing; write an absolute path",
        "colour: found 'red'; write nothing: there is no such key",
        "data: found 'var'; write an absolute path",
        "language: found 'de'; write en or zh",
        "links.dashboards: found 'grafana'; write the address of a page, such as"
        " https://grafana.example.com",
        "links.runbooks: found 'https://u:p@h/'; write the address of a page, such as"
        " https://grafana.example.com",
        "links.wiki: found 'x'; write nothing: there is no such key",
        "port: found 0; write a TCP port, such as 9095",
        "repeatInterval: found '10s'; write a duration as Alertmanager writes it, at least 1m,"
        " such as 4h",
        "robots.On Call: found this name; write lower case letters, digits and hyphens, at most 63",
        "robots.On Call.secretFile: found a file; write nothing: wecom has none",
        "robots.b.tokenFile: found 't'; write an absolute path",
        "robots.b.type: found 'slack'; write dingtalk or wecom or feishu",
        "robots.c.limit: found 3; write nothing: there is no such key",
        "robots.c.mentions.all: found ['all']; write a list of at most 20 quoted mobile numbers"
        " or ids",
        "robots.c.mentions.none: found []; write a list of at most 20 quoted mobile numbers or ids",
        "robots.c.mentions.oncall: found 'ou_1'; write a list of at most 20 quoted mobile numbers"
        " or ids",
        "robots.c.mentions.team: found ['a<b']; write a list of at most 20 quoted mobile numbers"
        " or ids",
        "robots.c.tokenFile: found nothing; write an absolute path",
        "robots.c.url: found 'https://open.feishu.cn/open-apis/bot/v2/hook/x'; write scheme and"
        " host, such as https://oapi.dingtalk.com, without path and token",
        "timeZone: found 'Mars/Base'; write the name of a time zone, such as Asia/Shanghai",
    ]


@pytest.mark.parametrize("document", [None, [], "text", {1: 2}, {"robots": {}}, {"robots": []}])
def test_odd_documents_are_refused_too(document: object) -> None:
    assert problems(document)


@pytest.mark.parametrize(
    ("text", "seconds"), [("4h", 14400), ("1h30m", 5400), ("90m", 5400), ("1d", 86400)]
)
def test_durations_are_alertmanagers(text: str, seconds: float) -> None:
    assert parse({**MINIMAL, "repeatInterval": text}).repeat_s == seconds


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "relay.yaml"
    with pytest.raises(ConfigErrors, match="No such file"):
        read(file)
    file.write_text("port: [")
    with pytest.raises(ConfigErrors, match="no YAML in line 1"):
        read(file)
    file.write_bytes(b"\xff\xff")
    with pytest.raises(ConfigErrors, match="no YAML"):
        read(file)


def test_secrets_have_to_be_there_and_are_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "relay.yaml"
    token, bearer = tmp_path / "token", tmp_path / "bearer"
    file.write_text(
        yaml.safe_dump(
            {
                "bearerTokenFile": str(bearer),
                "robots": {"oncall": {"type": "wecom", "tokenFile": str(token)}},
            }
        )
    )
    bearer.write_text("\n")
    with pytest.raises(ConfigErrors) as errors:
        read(file)
    assert str(errors.value).splitlines() == [
        f"bearerTokenFile: found {bearer}: empty; write the path of a file with the secret in it",
        f"robots.oncall.tokenFile: found {token}: No such file or directory;"
        " write the path of a file with the secret in it",
    ]
    bearer.write_text("one\ntwo")
    token.write_bytes("密".encode())
    with pytest.raises(ConfigErrors) as errors:
        read(file)
    assert "two" not in str(errors.value)
    bearer.write_text("one\n")
    token.write_text("key")
    assert read(file).robots["oncall"].token_file == token
