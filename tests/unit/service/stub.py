"""A pool without workers, and models to put in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from flask import Flask

from service.errors import RequestError
from service.front.app import create_app
from service.front.metrics import Metrics
from service.settings import Settings, from_environment
from service.tensors import ANY, BYTES, Spec, Tensors, one
from service.workers.messages import Ready
from service.workers.pool import Result


def model(inputs: tuple[Spec, ...], outputs: tuple[Spec, ...]) -> Ready:
    """What a worker says when it has loaded a model."""
    return Ready(inputs, outputs, {}, load_s=0.1, warm_s=0.2)


OCR = model(
    (Spec("image", BYTES, (1,)),),
    (Spec("text", BYTES, (ANY,)), Spec("scores", "FP32", (ANY,))),
)
TABLE = model(
    (Spec("rows", "FP32", (ANY, 3)), Spec("flags", "BOOL", (2,)), Spec("counts", "INT8", (2, 1))),
    (Spec("sums", "FP32", (ANY,)),),
)
# Every size is fixed, so that a schema can say all that counts.
FIXED = model(
    (Spec("a", "FP32", (2, 3)), Spec("b", "UINT8", (2,)), Spec("c", BYTES, (1,))),
    (Spec("sum", "FP32", (2,)),),
)


def settings(**env: str) -> Settings:
    return from_environment({"MODEL_NAME": "ocr", "MODEL_VERSION": "v1.1", **env})


class StubPool:
    """Answers every request at once.

    Attributes:
        fails: raised by requests.
        answers: what they get, where no document is wanted.
        requests: those that came.
    """

    def __init__(self, model: Ready | None) -> None:
        self.model = model
        self.warm = model is not None
        self.unready = "" if model else "workers are loading the model"
        self.fails: Exception | None = None
        self.answers: Callable[[Tensors], Tensors] = answers_of(model) if model else dict
        self.requests: list[Tensors] = []

    def run(self, request: Tensors, document: bool) -> Result:
        self.requests.append(request)
        if self.fails:
            raise self.fails
        sizes = {name: list(tensor.shape) for name, tensor in request.items()}
        outputs = {"document": one(json.dumps(sizes).encode())}
        return Result(outputs if document else self.answers(request), {}, 0.001, 0.002, 1)


def answers_of(model: Ready) -> Callable[[Tensors], Tensors]:
    """Outputs of two elements or of the fixed shape, whatever comes."""

    def answers(_request: Tensors) -> Tensors:
        outputs: Tensors = {}
        for spec in model.outputs:
            shape = [2 if size == ANY else size for size in spec.shape]
            outputs[spec.name] = np.full(
                shape, b"line" if spec.datatype == BYTES else 0.5, dtype=_DTYPES[spec.datatype]
            )
        return outputs

    return answers


_DTYPES: dict[str, Any] = {BYTES: object, "FP32": np.float32}


def app(pool: StubPool, **env: str) -> Flask:
    chosen = settings(**env)
    return create_app(chosen, pool, Metrics(chosen.version, lambda: 0.0))


FULL = RequestError(503, "full")
