"""What the front does at each path, by the names in `service.front.routes`."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from flask import Response, g, jsonify, request

from service.errors import RequestError
from service.front import body, inputs, openapi, plain, v2
from service.front.inputs import Limits
from service.front.strictjson import shown
from service.front.v2.answer import encode, metadata
from service.front.v2.request import decode
from service.settings import Settings
from service.tensors import Tensors
from service.workers.messages import Ready
from service.workers.pool import Result

_SERVER_VERSION = "1.0"

# What a proxy adds. Prometheus asks the pod itself; what comes by the gateway comes from anybody.
_FORWARDED = ("X-Forwarded-For", "Forwarded")

# Bodies above this are parsed one after the other: the values of a JSON take many times its bytes
# for as long as it is parsed, and under the interpreter's lock side by side is no faster.
_LARGE_BYTES = 2**20


class PoolLike(Protocol):
    """What the front needs of `service.workers.pool.Pool`."""

    @property
    def model(self) -> Ready | None: ...
    @property
    def warm(self) -> bool: ...
    @property
    def unready(self) -> str: ...
    def run(self, request: Tensors, document: bool) -> Result: ...


class MetricsLike(Protocol):
    """What the front needs of `service.front.metrics.Metrics`."""

    def record(
        self, status: int, seconds: float, result: Result | None, request_id: str
    ) -> None: ...
    def exposition(self, accept: str) -> tuple[bytes, str]: ...


@dataclass
class Exchange:
    """What is known of a request when it is answered; `flask.g.exchange`.

    Attributes:
        begun: `time.perf_counter()` when its body was there, None if it was refused before.
        result: what the pool gave, None if it was refused before.
    """

    request_id: str
    begun: float | None = None
    result: Result | None = None


class Views:
    """Each answers the request that Flask is at."""

    def __init__(self, settings: Settings, pool: PoolLike, metrics: MetricsLike) -> None:
        self._settings = settings
        self._limits = Limits(settings.max_bytes)
        self._pool = pool
        self._metrics = metrics
        self._large = threading.Lock()

    def infer(self) -> Response:
        model = self._model()
        data = self._body(request.mimetype)
        with self._turn(data):
            tensors = plain.tensors(request.headers.get("Content-Type", ""), data, model.inputs)
        (document,) = self._run(tensors, model, document=True)["document"].ravel()
        return Response(document, mimetype=v2.JSON)

    def v2_infer(self, model: str, version: str | None = None) -> Response:
        self._check_served(model, version)
        ready = self._model()
        if request.mimetype not in ("", v2.JSON, v2.BINARY):
            raise RequestError(
                415,
                f"Content-Type is {shown(request.mimetype)}; send {v2.JSON}, or {v2.BINARY} for "
                "the binary form",
            )
        data = self._body(v2.JSON)
        with self._turn(data):
            wanted = decode(data, request.headers.get(v2.HEADER_LENGTH), ready)
        outputs = self._run(wanted.tensors, ready, document=False)
        content, headers = encode(self._settings.model, self._settings.version, wanted, outputs)
        return Response(content, headers=headers)

    def v2_server(self) -> Response:
        return jsonify(
            name="paddle-canary", version=_SERVER_VERSION, extensions=["binary_tensor_data"]
        )

    def v2_live(self) -> Response:
        return jsonify(live=True)

    def v2_ready(self) -> Response:
        ready = not self._pool.unready
        return _status(jsonify(ready=ready), ready)

    def v2_model(self, model: str, version: str | None = None) -> Response:
        self._check_served(model, version)
        return jsonify(metadata(self._settings.model, self._settings.version, self._model()))

    def v2_model_ready(self, model: str, version: str | None = None) -> Response:
        self._check_served(model, version)
        ready = not self._pool.unready
        return _status(jsonify(name=self._settings.model, ready=ready), ready)

    def startup(self) -> Response:
        warm = self._pool.warm
        return _status(jsonify(status="ok" if warm else "workers are loading the model"), warm)

    def ready(self) -> Response:
        unready = self._pool.unready
        return _status(jsonify(status=unready or "ok"), not unready)

    def live(self) -> Response:
        return jsonify(status="ok")

    def metrics(self) -> Response:
        if any(header in request.headers for header in _FORWARDED):
            raise RequestError(404, "metrics are not for requests that a proxy forwards")
        text, content_type = self._metrics.exposition(request.headers.get("Accept", ""))
        return Response(text, content_type=content_type)

    def openapi(self) -> Response:
        settings = self._settings
        return jsonify(openapi.describe(settings.model, settings.version, self._model()))

    def _model(self) -> Ready:
        if self._pool.model is None:
            raise RequestError(503, "the model is not loaded yet; try again in a second")
        return self._pool.model

    def _check_served(self, model: str, version: str | None) -> None:
        served, served_version = self._settings.model, self._settings.version
        if model != served:
            raise RequestError(404, f"no model {shown(model)} here; served is {shown(served)}")
        if version not in (None, served_version):
            raise RequestError(
                404, f"no version {shown(version)} here; served is {shown(served_version)}"
            )

    def _turn(self, data: bytes) -> AbstractContextManager[object]:
        return self._large if len(data) > _LARGE_BYTES else nullcontext()

    def _body(self, kind: str) -> bytes:
        data = body.read(request.environ, body.limit(kind, self._settings.max_bytes))
        g.exchange.begun = time.perf_counter()
        return data

    def _run(self, tensors: Tensors, model: Ready, *, document: bool) -> Tensors:
        inputs.check(tensors, model.inputs, self._limits)
        result = self._pool.run(tensors, document)
        g.exchange.result = result
        return result.outputs


def _status(answer: Response, good: bool) -> Response:
    answer.status_code = 200 if good else 503
    return answer
