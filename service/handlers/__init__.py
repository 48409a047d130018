"""What a model developer writes: one small class around one or more Paddle networks.

`answer` is straight-line code for one request. Where it needs a network it yields calls and gets
their results back; the worker runs the calls of all requests it holds side by side, so that each
network is batched on its own (see `service.handlers.stages`). How to add one: docs/handlers.md.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from service.tensors import Spec, Tensor, Tensors


class Network(Protocol):
    """A Paddle network as handlers see it; `service.networks.predictor.Predictor` is the real one.

    Attributes:
        max_batch: rows (first axis) that one run takes at most.
    """

    max_batch: int

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Outputs in the network's order, with as many rows as the inputs."""


@dataclass(frozen=True)
class Call:
    """One run that a handler wants: inputs in the network's order, each with rows first.

    Calls whose inputs agree in everything but the number of rows run as one batch.
    """

    network: str
    inputs: tuple[Tensor, ...]


# Yields calls, is sent the outputs of each, returns the answer.
Steps = Generator[Sequence[Call], list[tuple[Tensor, ...]], Tensors]


class Handler(ABC):
    """One model in one worker process. All calls come from one thread.

    Attributes:
        inputs: what a request has to have; everything else is refused before `answer` is called.
        outputs: what `answer` returns.
        networks: by the names that calls use.
        signals: names of the scores that `quality` gives, with the upper bounds of their buckets.
    """

    inputs: Sequence[Spec]
    outputs: Sequence[Spec]
    networks: Mapping[str, Network]
    signals: Mapping[str, Sequence[float]] = {}

    @abstractmethod
    def answer(self, request: Tensors) -> Steps:
        """The answer to one request.

        Raises:
            RequestError: the request passes `inputs` and still cannot be answered.
        """

    @abstractmethod
    def samples(self) -> Iterable[Tensors]:
        """Requests that warm up the model: one for each shape that its networks will see."""

    def warm_up(self) -> Iterable[Call]:
        """Runs that `samples` do not reach, such as every width and batch of a second stage."""
        return ()

    def document(self, answer: Tensors) -> bytes:
        """The JSON that `POST /infer` gives for an answer: by default each output as a list."""
        lists = {name: _listed(tensor) for name, tensor in answer.items()}
        return json.dumps(lists, ensure_ascii=False).encode()

    def quality(self, answer: Tensors) -> Mapping[str, float]:
        """Scores of an answer, by the names in `signals`; cheap, and without knowing the truth."""
        return {}


def _listed(tensor: Tensor) -> object:
    if tensor.dtype != object:
        return tensor.tolist()
    texts = np.empty(tensor.size, object)
    texts[:] = [element.decode(errors="replace") for element in tensor.ravel()]
    return texts.reshape(tensor.shape).tolist()
