"""Which digit an image shows: an example of a handler, see docs/handlers.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import cv2
import numpy as np

from service.errors import StartError
from service.handlers import Call, Handler, Steps
from service.handlers.images import decode
from service.handlers.model import Model
from service.handlers.stages import batch_sizes
from service.tensors import BYTES, Spec, Tensors, one

_SIDE = 16  # pixels; what the network was trained on
_MAX_BATCH = 8


class Digits(Handler):
    """The digit in a picture, dark on light.

    Args:
        model: has the network, see train.py: (n, 1, 16, 16) -> probabilities (n, 10).
        sure: probability below which the answer counts as a guess in the quality signals.
    """

    inputs = (Spec("image", BYTES, (1,)),)
    outputs = (Spec("digit", "INT64", (1,)), Spec("score", "FP32", (1,)))
    signals = {"score": (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99), "guess": (0.5,)}  # noqa: RUF012

    def __init__(self, model: Model, sure: float = 0.9) -> None:
        if not isinstance(sure, float) or not 0 <= sure <= 1:
            raise StartError(f"model.yaml: sure is {sure!r}; write a probability, such as 0.9")
        self.networks = {"classify": model.network(max_batch=_MAX_BATCH)}
        self._max_pixels = model.max_pixels
        self._sure = sure

    def answer(self, request: Tensors) -> Steps:
        page = decode(request["image"][0], self._max_pixels)
        grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
        small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        ink = 1 - small.astype(np.float32)[None, None] / 255
        ((probabilities,),) = yield [Call("classify", (ink,))]
        return {
            "digit": probabilities.argmax(axis=1).astype(np.int64),
            "score": probabilities.max(axis=1),
        }

    def samples(self) -> Iterator[Tensors]:
        page = np.full((64, 64, 3), 255, np.uint8)
        yield {"image": one(cv2.imencode(".png", page)[1].tobytes())}

    def warm_up(self) -> Iterable[Call]:
        for rows in batch_sizes(_MAX_BATCH):
            yield Call("classify", (np.zeros((rows, 1, _SIDE, _SIDE), np.float32),))

    def quality(self, answer: Tensors) -> Mapping[str, float]:
        score = float(answer["score"][0])
        return {"score": score, "guess": float(score < self._sure)}
