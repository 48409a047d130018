"""The HTTP front: webhooks in, their true status out.

| status | meaning to Alertmanager |
|---|---|
| 200 | the robot has accepted it, now or when it was sent before |
| 503 | it is kept and will be told, or could not be kept: ask again |
| 400, 404, 413 | it can never be told as it is: what Alertmanager is set to send is wrong |
| 401 | the bearer token is missing or wrong |
| 422 | the robot refuses it for good: a dead letter |
"""

from __future__ import annotations

import hmac
import logging
import sqlite3
import threading
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from monitoring.relay import credentials
from monitoring.relay.courier import Courier
from monitoring.relay.database import Full, State
from monitoring.relay.relay import Relay
from monitoring.relay.webhook import NotAlertmanager, Notification, parse

# Bytes of a webhook. A thousand alerts are about one million.
_LONGEST = 16 * 1024 * 1024

# Seconds that a webhook waits for the robot's answer; Alertmanager is patient for at least 10.
_PATIENCE_S = 5.0

# Webhooks that may wait at the same time; others hear 503 at once and are told of it when they
# ask again. The server has more threads than that.
_WAITING = 32

_STATUSES = {"delivered": 200, "waiting": 503, "dead": 422}

_log = logging.getLogger("relay.front")


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def create_app(relay: Relay) -> Flask:
    """The WSGI application over a relay that the caller starts."""
    app = Flask("relay", static_folder=None)
    app.url_map.strict_slashes = False  # a redirect would lose the body
    waiting = threading.BoundedSemaphore(_WAITING)

    @app.post("/robots/<name>")
    def webhook(name: str) -> Response:
        courier = relay.couriers.get(name)
        known = name if courier else "unknown"
        try:
            status = _webhook(relay, courier, waiting)
            answer = jsonify(status={200: "delivered", 503: "waiting", 422: "dead"}[status])
        except _Refused as refused:
            status = refused.status
            answer = jsonify(error=str(refused))
            _log.warning("refused", extra={"fields": {"robot": known, "why": str(refused)}})
        answer.status_code = status
        relay.metrics.webhooks.labels(known, str(status)).inc()
        return answer

    @app.get("/health/live")
    def live() -> tuple[Response, int]:
        return _health(relay)

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        return _health(relay)

    @app.get("/metrics")
    def metrics() -> Response:
        text, content_type = relay.metrics.text(request.headers.get("Accept"))
        return Response(text, content_type=content_type)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description or error.name), error.code or 500

    return app


def _webhook(relay: Relay, courier: Courier | None, waiting: threading.BoundedSemaphore) -> int:
    body = _authentic_body(relay)
    if courier is None:
        names = ", ".join(sorted(relay.couriers))
        raise _Refused(404, f"there is no such robot; configured are: {names}")
    try:
        notification = parse(body)
    except NotAlertmanager as error:
        raise _Refused(400, f"this is no webhook of Alertmanager: {error}") from None
    try:
        return _STATUSES[_state(relay, courier, notification, waiting)]
    except (Full, sqlite3.Error) as error:
        relay.metrics.errors.inc()
        why = "the disk is full" if isinstance(error, Full) else str(error)
        raise _Refused(503, f"the queue cannot be used: {why}") from None


def _state(
    relay: Relay,
    courier: Courier,
    notification: Notification,
    waiting: threading.BoundedSemaphore,
) -> State:
    """Keeps a notification, and waits for the robot's answer if it may."""
    robot, failures = courier.robot.name, courier.failures
    receipt = relay.inbox.put(robot, notification, relay.clock.now())
    if not receipt.new:
        relay.metrics.duplicates.labels(robot).inc()
    courier.wake()
    if receipt.held:
        return "waiting"
    if receipt.state != "waiting" or not waiting.acquire(blocking=False):
        return receipt.state
    try:
        return courier.outcome(receipt.id, failures, _PATIENCE_S)
    finally:
        waiting.release()


def _authentic_body(relay: Relay) -> bytes:
    """The body of a request by somebody who knows the token. It is read in any case: a connection
    that is closed on unread data can lose the answer.
    """
    try:
        token = credentials.read(relay.config.bearer_token_file)
    except credentials.Unreadable as error:
        raise _Refused(503, f"nobody can be recognised: {error}") from None
    given = request.headers.get("Authorization", "")
    authentic = hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    body, length = bytearray(), 0
    while length <= _LONGEST and (chunk := request.stream.read(64 * 1024)):
        length += len(chunk)
        if authentic:
            body += chunk
    if not authentic:
        raise _Refused(401, "the bearer token is missing or wrong")
    if length > _LONGEST:
        raise _Refused(413, f"the body has more than {_LONGEST} bytes; set max_alerts")
    return bytes(body)


def _health(relay: Relay) -> tuple[Response, int]:
    values: dict[str, Any] = {"status": "ok" if relay.alive else "a courier has ended"}
    return jsonify(values), 200 if relay.alive else 503
