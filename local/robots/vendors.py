"""What each vendor demands of a message, from its own pages (docs/relay.md names them).

Written apart from the relay, with an HMAC of its own, so that one mistake does not hide another.
"""

from __future__ import annotations

import base64
import hashlib
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Call:
    """One POST to a robot; `at` in seconds since the epoch."""

    query: Mapping[str, str]
    content_type: str
    body: bytes
    at: float


@dataclass(frozen=True)
class Content:
    """What a group would see."""

    title: str
    text: str
    called: list[str]
    key: str = ""


class Refused(Exception):
    """A message is not taken: the vendor's code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass
class Robot(ABC):
    """One robot of one group.

    Attributes:
        limits: calls at most within so many seconds.
        taken: when it was called lately, as far as the limits need it.
    """

    token: str
    secret: str | None = None
    taken: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0

    vendor: ClassVar[str]
    limits: ClassVar[tuple[tuple[int, float], ...]]

    def take(self, call: Call) -> Content:
        """The content of a call that keeps all the rules.

        Raises:
            Refused: it breaks one.
        """
        self._signed(call)
        self._slow_enough(call.at)
        try:
            body = json.loads(call.body)
            return self._content(call, body)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise self._malformed() from None

    @abstractmethod
    def answer(self, code: int, words: str) -> dict[str, Any]:
        """The JSON of an answer; code 0 is a yes."""

    @abstractmethod
    def _signed(self, call: Call) -> None: ...

    @abstractmethod
    def _content(self, call: Call, body: Any) -> Content: ...  # noqa: ANN401

    @abstractmethod
    def _malformed(self) -> Refused: ...

    @abstractmethod
    def _too_fast(self, at: float) -> Refused: ...

    def _slow_enough(self, at: float) -> None:
        longest = max(seconds for _, seconds in self.limits)
        while self.taken and self.taken[0] <= at - longest:
            self.taken.popleft()
        if at < self.blocked_until:
            raise self._too_fast(at)
        for most, seconds in self.limits:
            if sum(each > at - seconds for each in self.taken) >= most:
                raise self._too_fast(at)
        self.taken.append(at)


class DingTalk(Robot):
    """20 a minute, then nothing for ten; the signature is in the query."""

    vendor = "dingtalk"
    limits = ((20, _MINUTE),)

    def answer(self, code: int, words: str) -> dict[str, Any]:
        return {"errcode": code, "errmsg": words or "ok"}

    def _signed(self, call: Call) -> None:
        if call.content_type.split(";")[0] != "application/json":
            raise Refused(43004, "无效的HTTP HEADER Content-Type")
        if self.secret is None:
            return
        stamp = call.query.get("timestamp", "")
        if not stamp.isdecimal() or abs(int(stamp) / 1000 - call.at) > _HOUR:
            raise Refused(310000, "invalid timestamp")
        key = self.secret.encode()
        if call.query.get("sign") != _base64(_hmac(key, f"{stamp}\n{self.secret}".encode())):
            raise Refused(310000, "sign not match")

    def _content(self, call: Call, body: Any) -> Content:  # noqa: ANN401
        if len(call.body) > 20_000:
            raise Refused(460101, "message too long, exceed 20000 bytes")
        if body["msgtype"] != "markdown":
            raise Refused(400105, "不支持的消息类型")
        title, text, at = body["markdown"]["title"], body["markdown"]["text"], body["at"]
        asked = [*at["atMobiles"], *at["atUserIds"]]
        called = ["all"] if at["isAtAll"] else [each for each in asked if f"@{each}" in text]
        if not title or not text:
            raise self._malformed()
        return Content(title, text, called, body.get("msgUuid", ""))

    def _malformed(self) -> Refused:
        return Refused(40035, "缺少参数 markdown")

    def _too_fast(self, at: float) -> Refused:
        if at >= self.blocked_until:
            self.blocked_until = at + 10 * _MINUTE
        return Refused(660026, "sending too many messages per minute")


class WeCom(Robot):
    """20 a minute; the key is all there is."""

    vendor = "wecom"
    limits = ((20, _MINUTE),)

    def answer(self, code: int, words: str) -> dict[str, Any]:
        return {"errcode": code, "errmsg": words or "ok"}

    def _signed(self, call: Call) -> None:
        pass

    def _content(self, call: Call, body: Any) -> Content:  # noqa: ANN401
        if body["msgtype"] != "markdown":
            raise Refused(40008, "invalid message type")
        text = body["markdown"]["content"]
        if len(text.encode()) > 4096:
            raise Refused(40058, "markdown.content exceed max length 4096")
        if not text:
            raise Refused(44004, "empty content")
        called = [part.split(">")[0] for part in text.split("<@")[1:] if ">" in part]
        return Content(text.splitlines()[0].lstrip("# "), text, called)

    def _malformed(self) -> Refused:
        return Refused(40058, "invalid Request Parameter")

    def _too_fast(self, at: float) -> Refused:
        return Refused(45009, "api freq out of limit")


class Feishu(Robot):
    """100 a minute and 5 a second; the signature is in the body, with key and data reversed."""

    vendor = "feishu"
    limits = ((5, 1.0), (100, _MINUTE))

    def answer(self, code: int, words: str) -> dict[str, Any]:
        if code == 0:
            return {
                "StatusCode": 0,
                "StatusMessage": "success",
                "code": 0,
                "data": {},
                "msg": "success",
            }
        return {"code": code, "data": {}, "msg": words}

    def _signed(self, call: Call) -> None:
        if self.secret is None:
            return
        try:
            body = json.loads(call.body)
            stamp, sign = body["timestamp"], body["sign"]
        except (ValueError, KeyError, TypeError):
            stamp, sign = "", ""
        late = not str(stamp).isdecimal() or abs(int(stamp) - call.at) > _HOUR
        if late or sign != _base64(_hmac(f"{stamp}\n{self.secret}".encode(), b"")):
            raise Refused(
                19021, "sign match fail or timestamp is not within one hour from current time"
            )

    def _content(self, call: Call, body: Any) -> Content:  # noqa: ANN401
        if len(call.body) > 20 * 1024 or body["msg_type"] != "interactive":
            raise self._malformed()
        header, elements = body["card"]["header"], body["card"]["elements"]
        text = "\n".join(each["content"] for each in elements if each["tag"] == "markdown")
        if not text or header["title"]["tag"] != "plain_text":
            raise self._malformed()
        called = [part.split(">")[0] for part in text.split("<at id=")[1:]]
        return Content(header["title"]["content"], text, called)

    def _malformed(self) -> Refused:
        return Refused(9499, "Bad Request")

    def _too_fast(self, at: float) -> Refused:
        return Refused(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")


VENDORS: Mapping[str, type[Robot]] = {each.vendor: each for each in (DingTalk, WeCom, Feishu)}

UNKNOWN_TOKEN: Mapping[str, tuple[int, str]] = {
    "dingtalk": (300005, "token is not exist"),
    "wecom": (93000, "invalid webhook url"),
    "feishu": (19001, "param invalid: incoming webhook access token invalid"),
}


def _hmac(key: bytes, data: bytes) -> bytes:
    """RFC 2104 with SHA-256."""
    block = 64
    key = (hashlib.sha256(key).digest() if len(key) > block else key).ljust(block, b"\0")
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in key) + data).digest()
    return hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
