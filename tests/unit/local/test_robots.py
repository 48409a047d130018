"""The stand-ins for the vendors' robots are as strict as the vendors."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from local.ports import free_port
from local.robots.vendors import Call, DingTalk, Feishu, Refused, Robot, WeCom
from monitoring.relay.messages import Message
from monitoring.relay.robots import KINDS

NOW = 1_795_435_685.0

MESSAGE = Message("title", ("line",), ("zhangsan",), "critical")

Json = dict[str, Any]


def call(body: Json, at: float = NOW, **query: str) -> Call:
    return Call(query, "application/json", json.dumps(body).encode(), at)


def dingtalk(text: str = "text", **more: object) -> Json:
    at = {"atMobiles": [], "atUserIds": [], "isAtAll": False}
    return {"msgtype": "markdown", "markdown": {"title": "t", "text": text}, "at": at} | more


def wecom(content: str = "# text") -> Json:
    return {"msgtype": "markdown", "markdown": {"content": content}}


def feishu(content: str = "text", **more: object) -> Json:
    header = {"title": {"tag": "plain_text", "content": "t"}}
    card = {"header": header, "elements": [{"tag": "markdown", "content": content}]}
    return {"msg_type": "interactive", "card": card} | more


def refusal(robot: Robot, it: Call) -> int:
    with pytest.raises(Refused) as refused:
        robot.take(it)
    return refused.value.code


def test_dingtalk_blocks_for_ten_minutes_after_the_twentieth_message_of_a_minute() -> None:
    robot = DingTalk("token")
    for second in range(20):
        robot.take(call(dingtalk(), NOW + second))
    for second in (20, 61, 619):
        assert refusal(robot, call(dingtalk(), NOW + second)) == 660026
    robot.take(call(dingtalk(), NOW + 620))


def test_wecom_takes_twenty_in_any_minute() -> None:
    robot = WeCom("key")
    for second in range(20):
        robot.take(call(wecom(), NOW + second))
    assert refusal(robot, call(wecom(), NOW + 59)) == 45009
    robot.take(call(wecom(), NOW + 60))


def test_feishu_takes_five_in_any_second_and_a_hundred_in_any_minute() -> None:
    robot = Feishu("token")
    for _ in range(5):
        robot.take(call(feishu(), NOW))
    assert refusal(robot, call(feishu(), NOW + 0.9)) == 11232
    for number in range(95):
        robot.take(call(feishu(), NOW + 1 + number / 2))
    assert refusal(robot, call(feishu(), NOW + 59)) == 11232
    robot.take(call(feishu(), NOW + 60))


@pytest.mark.parametrize(
    ("robot", "body", "code"),
    [
        (DingTalk("t"), dingtalk("x" * 20_000), 460101),
        (DingTalk("t"), dingtalk(msgtype="text"), 400105),
        (DingTalk("t"), dingtalk(""), 40035),
        (DingTalk("t"), {}, 40035),
        (WeCom("t"), wecom("告" * 1366), 40058),
        (WeCom("t"), wecom(""), 44004),
        (WeCom("t"), {"msgtype": "text"}, 40008),
        (WeCom("t"), {}, 40058),
        (Feishu("t"), feishu("x" * 20_480), 9499),
        (Feishu("t"), {"msg_type": "text"}, 9499),
        (Feishu("t"), {}, 9499),
    ],
)
def test_a_wrong_format_or_size_is_refused(robot: Robot, body: Json, code: int) -> None:
    assert refusal(robot, call(body)) == code


def test_dingtalk_refuses_other_content_types() -> None:
    plain = Call({}, "text/plain", json.dumps(dingtalk()).encode(), NOW)
    assert refusal(DingTalk("t"), plain) == 43004


def test_signatures_are_checked_with_their_time() -> None:
    robot = DingTalk("t", "secret")
    assert refusal(robot, call(dingtalk())) == 310000
    assert refusal(robot, call(dingtalk(), timestamp=f"{NOW * 1000:.0f}", sign="x")) == 310000
    assert refusal(Feishu("t", "secret"), call(feishu())) == 19021
    stamped = call(feishu(timestamp=f"{NOW:.0f}", sign="x"))
    assert refusal(Feishu("t", "secret"), stamped) == 19021


@pytest.mark.parametrize("vendor", ["dingtalk", "feishu"])
def test_the_relays_signature_is_good_for_an_hour(vendor: str) -> None:
    robots: dict[str, Robot] = {"dingtalk": DingTalk("t", "se"), "feishu": Feishu("t", "se")}
    request = KINDS[vendor].request(MESSAGE, "key", "t", "se", NOW)  # type: ignore[index]
    query = dict(parse_qsl(urlsplit(request.path).query))
    for late, taken in ((0, True), (3500, True), (3700, False), (-3700, False)):
        it = Call(query, "application/json", request.body, NOW + late)
        if taken:
            assert robots[vendor].take(it).called == ["zhangsan"]
        else:
            assert refusal(robots[vendor], it) in (310000, 19021)


def test_the_command_serves_and_keeps_what_it_accepts(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "local.robots", "--port", str(port), "--dir", str(tmp_path)]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [*command, "wecom:key"], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == f"robots listen on http://127.0.0.1:{port}\n"
        for key, code in (("key", 0), ("another", 93000)):
            url = f"http://127.0.0.1:{port}/cgi-bin/webhook/send?key={key}"
            with urllib.request.urlopen(url, json.dumps(wecom()).encode()) as answer:
                assert json.load(answer)["errcode"] == code
        process.terminate()
    (line,) = (tmp_path / "accepted.jsonl").read_text().splitlines()
    assert json.loads(line)["text"] == "# text"


def test_the_command_says_how_robots_are_written() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.robots", "--port", "1", "--dir", "/tmp", "slack:x"],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "found 'slack:x'; write one of dingtalk, wecom, feishu" in done.stderr
