"""What front and worker process say to each other over their pipe. Tensors travel in slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.tensors import Packed, Spec


@dataclass(frozen=True)
class Ready:
    """Worker: the model is loaded and warm.

    Attributes:
        load_s: seconds to load it; warm_s: seconds to warm it up.
        signals: quality scores the handler gives, with their bucket bounds.
    """

    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    signals: Mapping[str, Sequence[float]]
    load_s: float
    warm_s: float


@dataclass(frozen=True)
class Unable:
    """Worker: the model cannot be loaded; message is one line."""

    message: str


@dataclass(frozen=True)
class Work:
    """Front: answer the request in this slot.

    Attributes:
        document: wanted is the handler's JSON, as the only output.
    """

    slot: int
    tensors: tuple[Packed, ...]
    document: bool


@dataclass(frozen=True)
class Answer:
    """Worker: the answer is in the slot of its request."""

    slot: int
    tensors: tuple[Packed, ...]
    quality: Mapping[str, float]


@dataclass(frozen=True)
class Refusal:
    """Worker: the request cannot be answered; 4xx, or 500 when the handler failed on it."""

    slot: int
    status: int
    message: str


# A batch is a list of Work; each is answered by one Answer or Refusal, in any order.
Reply = Answer | Refusal
