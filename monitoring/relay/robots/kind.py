"""What a kind of robot has to say of itself."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from monitoring.relay.markup import Markup
from monitoring.relay.messages import Message


class Outcome(Enum):
    """What came of one request, and what follows from it."""

    ACCEPTED = "accepted"
    """The robot has the message."""
    RETRY = "retry"
    """Away or busy: again, later and later, without end."""
    SLOW_DOWN = "slow_down"
    """Too fast: nothing to this robot for a while."""
    REFUSED = "refused"
    """The robot takes nothing from us as it is set up: again, for some minutes in case that a
    secret is being changed, then a dead letter."""
    UNSUITABLE = "unsuitable"
    """The robot does not take this content: a dead letter at once."""
    UNKNOWN = "unknown"
    """An answer that nobody has described: treated as refused."""


@dataclass(frozen=True)
class Request:
    """One POST. The path holds the token: never print it."""

    path: str
    body: bytes

    def __repr__(self) -> str:
        return f"Request(<{len(self.body)} bytes>)"


@dataclass(frozen=True)
class Pace:
    """How fast a robot may be spoken to, with a margin for others who use the same robot.

    In any minute at most `burst + per_minute` messages are sent.

    Attributes:
        burst: messages at once.
        per_minute: messages a minute after that.
        pause_s: seconds of silence after the robot has said "too fast".
    """

    burst: int
    per_minute: float
    pause_s: float


class Kind(ABC):
    """One vendor's group robot.

    Attributes:
        url: scheme and host of the vendor's own service.
        signs: whether it can demand signatures.
        code_keys: where its answer has the code, the first that is there counts.
        codes: outcome of each code.
        max_bytes: of what `counted` gives, with a margin.
    """

    url: ClassVar[str]
    signs: ClassVar[bool]
    pace: ClassVar[Pace]
    max_bytes: ClassVar[int]
    markup: ClassVar[Markup]
    code_keys: ClassVar[tuple[str, ...]]
    codes: ClassVar[Mapping[int, Outcome]]

    @abstractmethod
    def content(self, message: Message) -> dict[str, Any]:
        """The body of a request, unsigned."""

    @abstractmethod
    def request(
        self, message: Message, key: str, token: str, secret: str | None, now: float
    ) -> Request:
        """The request that sends a message.

        Args:
            key: the same each time that this message is sent.
            now: seconds since the epoch, for the signature.
        """

    def size(self, message: Message) -> int:
        """Bytes that count against `max_bytes`: of the whole body."""
        return len(encode(self.content(message)))

    def weight(self, line: str) -> int:
        """Bytes that one more line adds to `size`."""
        return len(encode(line)) + len(encode(self.markup.newline)) - 4

    def outcome(self, code: int, reason: str) -> Outcome:
        """What a code means; `reason` is the text beside it."""
        return self.codes.get(code, Outcome.UNKNOWN)


def encode(value: object) -> bytes:
    """JSON in UTF-8: Chinese takes half the bytes that escapes would."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
