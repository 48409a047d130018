"""What a worker process says to the front over their pipe. The front sends lengths in bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ready:
    """The handler is loaded and warm."""


@dataclass(frozen=True)
class Unable:
    """The handler cannot be loaded; message is one line."""

    message: str


@dataclass(frozen=True)
class Answer:
    """The result of a request, as JSON."""

    body: bytes


@dataclass(frozen=True)
class Refusal:
    """The request cannot be answered; status is 4xx, or 500 when the handler failed on it."""

    status: int
    message: str


Reply = Ready | Unable | Answer | Refusal
