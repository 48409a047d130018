"""The HTTP front: from requests to the pool, and back. Knows nothing of images or paddle.

Which paths there are: `service.front.routes`; which status means what: `service.front.inputs`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from service import logs
from service.errors import RequestError
from service.front import body
from service.front.routes import REQUEST_ID_HEADER, ROUTES, VERSION_HEADER
from service.front.views import Exchange, MetricsLike, PoolLike, Views
from service.settings import Settings

_LONGEST_ID = 128
_RETRY_AFTER_S = "1"


def create_app(settings: Settings, pool: PoolLike, metrics: MetricsLike) -> Flask:
    """The WSGI application in front of a pool that is started by the caller."""
    app = Flask("paddle-canary", static_folder=None)
    # A redirect would lose the body of a request.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    views = Views(settings, pool, metrics)
    for route in ROUTES:
        view: Callable[..., Response] = getattr(views, route.view)
        app.add_url_rule(
            route.rule, route.name, view, methods=[route.method], provide_automatic_options=False
        )
    app.register_error_handler(RequestError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.before_request(_identify)

    @app.after_request
    def account(answer: Response) -> Response:
        exchange: Exchange = g.exchange
        answer.headers[REQUEST_ID_HEADER] = exchange.request_id
        if exchange.begun is None:
            body.discard(request.environ)
        path = request.path
        if is_inference(path):
            answer.headers[VERSION_HEADER] = settings.version
            begun, result, request_id = exchange.begun, exchange.result, exchange.request_id
            seconds = 0.0 if begun is None else time.perf_counter() - begun
            metrics.record(answer.status_code, seconds, result, request_id)
            if logs.chosen(settings.access_sample, answer.status_code):
                _log(path, answer.status_code, seconds, exchange)
        return answer

    return app


def _log(path: str, status: int, seconds: float, exchange: Exchange) -> None:
    result = exchange.result
    logs.access(
        status=status,
        request_id=exchange.request_id,
        path=path,
        seconds=round(seconds, 6),
        queue_seconds=round(result.queue_s, 6) if result else None,
        batch=result.batch if result else None,
    )


def is_inference(path: str) -> bool:
    """Whether answers of this path are counted; also those to a wrong method or model."""
    return path.rstrip("/").endswith("/infer")


def _identify() -> None:
    given: str = request.headers.get(REQUEST_ID_HEADER, "")
    good = 0 < len(given) <= _LONGEST_ID and given.isascii() and given.isprintable()
    g.exchange = Exchange(given if good else uuid.uuid4().hex)


def _refused(error: RequestError) -> Response:
    answer = jsonify(error=error.message)
    answer.status_code = error.status
    if error.status == 503:
        answer.headers["Retry-After"] = _RETRY_AFTER_S
    return answer


def _http_error(error: HTTPException) -> Response:
    answer = _refused(RequestError(error.code or 500, error.description or error.name))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value  # a 405 has to say what is allowed
    return answer
