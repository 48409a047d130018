"""One message of a robot, before the robot's own format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

Tone = Literal["critical", "warning", "info", "resolved"]


@dataclass(frozen=True)
class Message:
    """What one request carries.

    Attributes:
        title: plain text, not escaped: what a chat's list shows.
        lines: the robot's markdown, safe as it is.
        people: ids that are called by name.
        tone: of the worst that it tells.
    """

    title: str
    lines: tuple[str, ...]
    people: tuple[str, ...]
    tone: Tone

    def dump(self) -> str:
        """Text from which `load` makes the same message."""
        return json.dumps(vars(self), ensure_ascii=False)


def load(text: str) -> Message:
    found = json.loads(text)
    return Message(found["title"], tuple(found["lines"]), tuple(found["people"]), found["tone"])
