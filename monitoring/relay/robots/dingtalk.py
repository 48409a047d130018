"""DingTalk's custom robot.

https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
https://open.dingtalk.com/document/robots/customize-robot-security-settings
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any, ClassVar
from urllib.parse import urlencode

from monitoring.relay.markup import LOOK_ALIKES, Markup
from monitoring.relay.messages import Message
from monitoring.relay.robots.kind import Kind, Outcome, Pace, Request, encode

# Anything else in `mentions` is a user id.
_MOBILE = re.compile(r"1\d{10}|\+[\d-]+")


class DingTalk(Kind):
    url = "https://oapi.dingtalk.com"
    signs = True
    # 20 a minute, then blocked for 10 minutes. Asking once a minute finds the end of a block.
    pace = Pace(burst=5, per_minute=13, pause_s=60)
    # "message too long, exceed 20000 bytes"; the key, `at` and the margin take the rest.
    max_bytes = 19_000
    # A line needs two spaces at its end, or the next one follows on it.
    markup = Markup(LOOK_ALIKES, quote="> ", newline="  \n")
    code_keys = ("errcode",)
    codes: ClassVar = {
        0: Outcome.ACCEPTED,
        -1: Outcome.RETRY,  # system busy
        # Too fast. 410100 is the page's, 130101 and 660026 are what answers have said:
        # github.com/ccfos/nightingale issue 369, "sending too many messages per minute".
        410100: Outcome.SLOW_DOWN,
        130101: Outcome.SLOW_DOWN,
        660026: Outcome.SLOW_DOWN,
        90030: Outcome.SLOW_DOWN,  # webhook over limit: the organisation's quota
        # Signature, timestamp, keyword or address: the text beside it says which.
        310000: Outcome.REFUSED,
        300001: Outcome.REFUSED,  # token is not exist, in older answers
        300005: Outcome.REFUSED,  # the same in newer ones; the page says 400101
        400101: Outcome.REFUSED,
        400102: Outcome.REFUSED,  # the robot is stopped
        400106: Outcome.REFUSED,  # the robot is no longer in the group
        400013: Outcome.REFUSED,  # the group is gone
        40035: Outcome.REFUSED,  # no access_token
        400105: Outcome.UNSUITABLE,  # type of message
        430101: Outcome.UNSUITABLE,  # links, text, images, content that the platform bans
        430102: Outcome.UNSUITABLE,
        430103: Outcome.UNSUITABLE,
        430104: Outcome.UNSUITABLE,
        460101: Outcome.UNSUITABLE,  # message too long
    }

    def content(self, message: Message) -> dict[str, Any]:
        mobiles = [person for person in message.people if _MOBILE.fullmatch(person)]
        users = [person for person in message.people if person not in mobiles]
        lines = [f"### {self.markup.text(message.title)}\n", *message.lines]
        if message.people:
            # Only who is both in the text and in `at` is called.
            lines.append(" ".join(f"@{person}" for person in message.people))
        return {
            "msgtype": "markdown",
            "markdown": {
                "title": self.markup.text(message.title),
                "text": self.markup.newline.join(lines),
            },
            "at": {"atMobiles": mobiles, "atUserIds": users, "isAtAll": False},
        }

    def request(
        self, message: Message, key: str, token: str, secret: str | None, now: float
    ) -> Request:
        query = {"access_token": token}
        if secret is not None:
            timestamp = str(int(now * 1000))
            query |= {"timestamp": timestamp, "sign": sign(timestamp, secret)}
        # msgUuid: a repetition with the same one is not shown again.
        body = {**self.content(message), "msgUuid": key}
        return Request(f"/robot/send?{urlencode(query)}", encode(body))


def sign(timestamp_ms: str, secret: str) -> str:
    """HMAC-SHA256 with the secret as key over `timestamp\\nsecret`, in base64."""
    signed = hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(signed).decode()
