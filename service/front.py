"""The HTTP front: routes, status codes, health. Knows nothing of images or paddle."""

from __future__ import annotations

import time

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from service.body import image_bytes
from service.errors import RequestError
from service.metrics import Metrics
from service.pool import Pool
from service.settings import Settings

_INFER = "/infer"

# A JSON body carries the image as base64 (4/3), a multipart one with its headers.
_BODY_OVER_IMAGE = 1.4
_ENVELOPE_BYTES = 65536


def create_app(settings: Settings, pool: Pool) -> Flask:
    """The WSGI application in front of a pool that is started by the caller."""
    app = Flask("paddle-canary")
    app.config["MAX_CONTENT_LENGTH"] = int(settings.max_bytes * _BODY_OVER_IMAGE) + _ENVELOPE_BYTES
    metrics = Metrics(settings.version)

    @app.post(_INFER)
    def infer() -> Response:
        image = image_bytes(request, settings.max_bytes)
        g.begun = time.perf_counter()
        return Response(pool.run(image), mimetype="application/json")

    @app.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/health/startup")
    def startup() -> tuple[Response, int]:
        return _health(pool.warm, "workers are loading the model")

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        return _health(pool.ready, "not warm, ending, or no worker lives")

    @app.get("/health/live")
    def live() -> tuple[Response, int]:
        return _health(True, "")

    @app.errorhandler(RequestError)
    def refused(error: RequestError) -> Response:
        return _error(error.status, error.message)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return _error(error.code or 500, error.description or error.name)

    @app.after_request
    def account(answer: Response) -> Response:
        if request.path == _INFER:
            answer.headers["X-Model-Version"] = settings.version
            begun = g.get("begun", None)
            seconds = 0.0 if begun is None else time.perf_counter() - begun
            metrics.record(answer.status_code, seconds)
        return answer

    return app


def _health(good: bool, otherwise: str) -> tuple[Response, int]:
    return (jsonify(status="ok"), 200) if good else (jsonify(status=otherwise), 503)


def _error(status: int, message: str) -> Response:
    answer = jsonify(error=message)
    answer.status_code = status
    if status == 503:
        answer.headers["Retry-After"] = "1"
    return answer
