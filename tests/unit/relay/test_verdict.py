"""What robots have been seen to answer, and what follows from it."""

from __future__ import annotations

import pytest

from monitoring.relay.config import RobotType
from monitoring.relay.robots import KINDS
from monitoring.relay.robots.kind import Outcome
from monitoring.relay.robots.verdict import judge

ANSWERS: list[tuple[RobotType, int, str, Outcome]] = [
    ("dingtalk", 200, '{"errcode":0,"errmsg":"ok"}', Outcome.ACCEPTED),
    ("dingtalk", 200, '{"errcode":"0","errmsg":"ok"}', Outcome.ACCEPTED),
    ("dingtalk", 200, '{"errcode":310000,"errmsg":"sign not match"}', Outcome.REFUSED),
    ("dingtalk", 200, '{"errcode":310000,"errmsg":"keywords not in content"}', Outcome.REFUSED),
    ("dingtalk", 200, '{"errcode":300005,"errmsg":"token is not exist"}', Outcome.REFUSED),
    (
        "dingtalk",
        200,
        '{"status":1111,"wait":5,"punish":"deny","errcode":130101,"errmsg":"send too fast"}',
        Outcome.SLOW_DOWN,
    ),
    ("dingtalk", 200, '{"errcode":660026,"errmsg":"sending too many"}', Outcome.SLOW_DOWN),
    ("dingtalk", 200, '{"errcode":460101,"errmsg":"message too long"}', Outcome.UNSUITABLE),
    ("dingtalk", 200, '{"errcode":-1,"errmsg":"系统繁忙"}', Outcome.RETRY),
    ("dingtalk", 200, '{"errcode":4711,"errmsg":"?"}', Outcome.UNKNOWN),
    ("wecom", 200, '{"errcode":0,"errmsg":"ok"}', Outcome.ACCEPTED),
    ("wecom", 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', Outcome.SLOW_DOWN),
    ("wecom", 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', Outcome.REFUSED),
    ("wecom", 200, '{"errcode":40058,"errmsg":"exceed max length 4096"}', Outcome.UNSUITABLE),
    ("feishu", 200, '{"StatusCode":0,"StatusMessage":"success","code":0}', Outcome.ACCEPTED),
    ("feishu", 200, '{"Extra":null,"StatusCode":0,"StatusMessage":"success"}', Outcome.ACCEPTED),
    ("feishu", 200, '{"code":19021,"msg":"sign match fail"}', Outcome.REFUSED),
    ("feishu", 200, '{"code":11232,"msg":"frequency limited psm"}', Outcome.SLOW_DOWN),
    # A refusal with a success beside it.
    ("feishu", 200, '{"StatusCode":0,"code":9499,"msg":"too many request"}', Outcome.SLOW_DOWN),
    ("feishu", 400, '{"code":9499,"msg":"too many request","data":{}}', Outcome.SLOW_DOWN),
    ("feishu", 200, '{"code":9499,"msg":"Bad Request","data":{}}', Outcome.UNSUITABLE),
    ("feishu", 200, '{"StatusCode":0,"code":19007,"msg":"Bot Not Enabled"}', Outcome.REFUSED),
]


@pytest.mark.parametrize(("vendor", "status", "body", "outcome"), ANSWERS)
def test_a_code_decides(vendor: RobotType, status: int, body: str, outcome: Outcome) -> None:
    verdict = judge(KINDS[vendor], status, body.encode())
    assert verdict.outcome is outcome
    assert verdict.certain


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(
    ("status", "body", "outcome", "certain"),
    [
        (429, b"", Outcome.SLOW_DOWN, True),
        (502, b"<html>Bad Gateway</html>", Outcome.RETRY, False),
        (500, b'{"errcode":0,"code":0}', Outcome.RETRY, False),
        (302, b"", Outcome.UNKNOWN, True),
        (404, b"not found", Outcome.UNKNOWN, True),
        (200, b"<html>log in to this network</html>", Outcome.UNKNOWN, False),
        (200, b"", Outcome.UNKNOWN, False),
        (200, b"[]", Outcome.UNKNOWN, False),
        (200, b'{"errcode":true,"code":null}', Outcome.UNKNOWN, False),
        (200, b"[" * 100_000, Outcome.UNKNOWN, False),
        (200, b"\xff\xfe", Outcome.UNKNOWN, False),
    ],
)
def test_without_a_code_nothing_is_accepted(
    kind: object, status: int, body: bytes, outcome: Outcome, certain: bool
) -> None:
    verdict = judge(kind, status, body)  # type: ignore[arg-type]
    assert (verdict.outcome, verdict.certain) == (outcome, certain)


def test_the_reason_is_short_and_of_one_line() -> None:
    body = b'{"errcode":310000,"errmsg":"' + b"x" * 5000 + b'\\n\\u001b[31m"}'
    reason = judge(KINDS["dingtalk"], 200, body).reason
    assert reason.startswith("HTTP 200, code 310000: xxx")
    assert len(reason) < 300
    assert reason.isprintable()
