"""From a robot's answer to what it means: HTTP 200 is not a yes, the code in the body is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from monitoring.relay.markup import plain
from monitoring.relay.robots.kind import Kind, Outcome


@dataclass(frozen=True)
class Verdict:
    """What came of one request.

    Attributes:
        reason: for logs and dead letters: the robot's code and words, never a secret.
        certain: whether it is certain that the robot does not have the message, or has it.
    """

    outcome: Outcome
    reason: str
    certain: bool = True


def judge(kind: Kind, status: int, body: bytes) -> Verdict:
    """What an answer means.

    Args:
        status: of HTTP.
        body: as far as it was read.
    """
    code, words = _code(kind, body)
    reason = f"HTTP {status}" + (f", code {code}" if code is not None else "") + _after(words)
    if code == 0 and status != 200:
        # A gateway's own page, perhaps: nobody has accepted anything.
        code = None
    if code is not None:
        return Verdict(kind.outcome(code, words), reason)
    if status == 429:
        return Verdict(Outcome.SLOW_DOWN, reason)
    if status >= 500:
        # A gateway can fail after the robot behind it has taken the message.
        return Verdict(Outcome.RETRY, reason, certain=False)
    return Verdict(Outcome.UNKNOWN, reason, certain=status != 200)


def _code(kind: Kind, body: bytes) -> tuple[int | None, str]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(found, dict):
        return None, ""
    words = str(found.get("errmsg") or found.get("msg") or found.get("StatusMessage") or "")
    for key in kind.code_keys:
        code = found.get(key)
        # DingTalk's page shows the code as a number and as text.
        if isinstance(code, str) and code.lstrip("-").isdecimal():
            code = int(code)
        if isinstance(code, int) and not isinstance(code, bool):
            return code, words
    return None, words


def _after(words: str) -> str:
    return f": {plain(words, 200)}" if words else ""
