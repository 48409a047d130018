"""Feishu's (outside China Lark's) custom bot.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, ClassVar
from urllib.parse import quote

from monitoring.relay.markup import ENTITIES, Markup
from monitoring.relay.messages import Message
from monitoring.relay.robots.kind import Kind, Outcome, Pace, Request, encode

_COLOURS = {"critical": "red", "warning": "orange", "info": "blue", "resolved": "green"}


class Feishu(Kind):
    url = "https://open.feishu.cn"
    signs = True
    pace = Pace(burst=3, per_minute=84, pause_s=5)  # 100 a minute and 5 a second
    max_bytes = 19_000  # of 20 KB, with the signature and a margin
    # A card of version 1.0, which every client shows and which takes a newline for one; it has no
    # quotes.
    markup = Markup(ENTITIES, quote="", newline="\n")
    # An error can say `StatusCode` 0 beside its `code`; successes of old had `StatusCode` alone.
    code_keys = ("code", "StatusCode")
    codes: ClassVar = {
        0: Outcome.ACCEPTED,
        11232: Outcome.SLOW_DOWN,  # frequency limited; also when the platform is busy at full hours
        99991400: Outcome.SLOW_DOWN,  # too many requests, from the gateway
        19001: Outcome.REFUSED,  # the token is wrong
        19007: Outcome.REFUSED,  # Bot Not Enabled
        19021: Outcome.REFUSED,  # signature or time
        19022: Outcome.REFUSED,  # Ip Not Allowed
        19024: Outcome.REFUSED,  # Key Words Not Found
        9499: Outcome.UNSUITABLE,  # Bad Request: format, or larger than 20 KB
        19002: Outcome.UNSUITABLE,  # a parameter is missing
        11246: Outcome.UNSUITABLE,  # the card cannot be read
    }

    def content(self, message: Message) -> dict[str, Any]:
        lines = [*message.lines]
        if message.people:
            lines.append("".join(f"<at id={person}></at>" for person in message.people))
        return {
            "msg_type": "interactive",
            "card": {
                "config": {"wide_screen_mode": True},
                "header": {
                    "template": _COLOURS[message.tone],
                    "title": {"tag": "plain_text", "content": message.title},
                },
                "elements": [{"tag": "markdown", "content": self.markup.newline.join(lines)}],
            },
        }

    def request(
        self, message: Message, key: str, token: str, secret: str | None, now: float
    ) -> Request:
        body = self.content(message)
        if secret is not None:
            timestamp = str(int(now))
            body |= {"timestamp": timestamp, "sign": sign(timestamp, secret)}
        return Request(f"/open-apis/bot/v2/hook/{quote(token, safe='')}", encode(body))

    def outcome(self, code: int, reason: str) -> Outcome:
        if code == 9499 and "too many" in reason.lower():
            return Outcome.SLOW_DOWN  # "too many request", with the code of a bad request
        return super().outcome(code, reason)


def sign(timestamp_s: str, secret: str) -> str:
    """HMAC-SHA256 the other way round: `timestamp\\nsecret` is the key, the data is empty."""
    signed = hmac.digest(f"{timestamp_s}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(signed).decode()
