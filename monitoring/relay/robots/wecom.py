"""WeCom's group robot ("message push").

https://developer.work.weixin.qq.com/document/path/99110
https://developer.work.weixin.qq.com/document/path/90313 (codes)
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from monitoring.relay.markup import LOOK_ALIKES, Markup
from monitoring.relay.messages import Message
from monitoring.relay.robots.kind import Kind, Outcome, Pace, Request, encode


class WeCom(Kind):
    url = "https://qyapi.weixin.qq.com"
    signs = False
    pace = Pace(burst=5, per_minute=13, pause_s=30)  # 20 a minute
    max_bytes = 4096  # of `content` alone
    markup = Markup(LOOK_ALIKES, quote="> ", newline="\n")
    code_keys = ("errcode",)
    codes: ClassVar = {
        0: Outcome.ACCEPTED,
        -1: Outcome.RETRY,  # system busy
        45009: Outcome.SLOW_DOWN,  # api freq out of limit
        45033: Outcome.SLOW_DOWN,  # too many calls at once
        93000: Outcome.REFUSED,  # the address is wrong, or the robot has left the group
        93004: Outcome.REFUSED,  # the robot is stopped
        93008: Outcome.REFUSED,  # it is not in the group
        40058: Outcome.UNSUITABLE,  # a parameter, above all: content exceeds 4096 bytes
        40008: Outcome.UNSUITABLE,  # type of message
        44004: Outcome.UNSUITABLE,  # no content
        45002: Outcome.UNSUITABLE,  # content too long
    }

    def content(self, message: Message) -> dict[str, Any]:
        lines = [f"### {self.markup.text(message.title)}", *message.lines]
        if message.people:
            # Markdown of version 1 alone can call people, and only by user id.
            lines.append("".join(f"<@{person}>" for person in message.people))
        text = self.markup.newline.join(lines)
        return {"msgtype": "markdown", "markdown": {"content": text}}

    def request(
        self, message: Message, key: str, token: str, secret: str | None, now: float
    ) -> Request:
        path = f"/cgi-bin/webhook/send?{urlencode({'key': token})}"
        return Request(path, encode(self.content(message)))

    def size(self, message: Message) -> int:
        return len(self.content(message)["markdown"]["content"].encode())

    def weight(self, line: str) -> int:
        return len(line.encode()) + 1
