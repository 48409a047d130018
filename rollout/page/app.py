"""The page's server: reads journals, streams changes, and takes commands from who has the token.

Read-only unless a token is given. A command is a POST with the token in the Authorization header,
which no other site can make a browser send: there is no cookie to forge a request with.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flask import Flask, Response, request

from rollout.alerts import Alert
from rollout.journal import Page
from rollout.kube import ClusterAway
from rollout.page.view import view
from rollout.sources import SourceAway
from rollout.state import Command

Journals = Callable[[], Mapping[str, Page]]
Alerts = Callable[[str], Sequence[Alert]]
Say = Callable[[str, Command], None]
Token = Callable[[], str | None]

_POLL_SECONDS = 2.0
# A comment now and then keeps proxies from closing a stream in which nothing happens.
_QUIET_SECONDS = 15.0
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Poller:
    """One reading of the cluster for all who look, and never more than one at a time."""

    def __init__(self, journals: Journals, alerts: Alerts, token: Token) -> None:
        self._journals, self._alerts, self._token = journals, alerts, token
        self._lock = threading.Lock()
        self._read_at = -float("inf")
        self._text = ""

    def text(self) -> str:
        """All rollouts as JSON; when the cluster is away, `{"error": …}`."""
        with self._lock:
            if time.monotonic() - self._read_at >= _POLL_SECONDS:
                self._text = json.dumps(self._read(), ensure_ascii=False)
                self._read_at = time.monotonic()
            return self._text

    def _read(self) -> dict[str, Any]:
        try:
            journals = self._journals()
        except (ClusterAway, ValueError) as error:
            return {"error": str(error)}
        rollouts = [
            view(model, page, self._firing(model, page)) for model, page in sorted(journals.items())
        ]
        return {"rollouts": rollouts, "commands": self._token() is not None}

    def _firing(self, model: str, page: Page) -> Sequence[Alert] | None:
        if page.state is None:
            return ()
        try:
            return self._alerts(model)
        except SourceAway:
            return None


def create_app(
    journals: Journals, alerts: Alerts, say: Say, token: Token, hosts: Sequence[str] | None = None
) -> Flask:
    """The application.

    Args:
        journals: reads the journal of every model.
        alerts: what fires for a model.
        say: leaves a command in the journal of a model; raises LookupError without a rollout.
        token: what a command must carry; None makes the page read-only. Asked each time, so that
            a mounted secret may change.
        hosts: names by which the page may be asked for; None for any. A page on one's own machine
            has few, so that a name of another site that leads there (DNS rebinding) reads nothing.
    """
    app = Flask(__name__, static_url_path="/static")
    app.config["TRUSTED_HOSTS"] = hosts
    poller = Poller(journals, alerts, token)

    @app.after_request
    def _harden(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    @app.get("/")
    def _page() -> Response:
        return app.send_static_file("index.html")

    @app.get("/api/rollouts")
    def _rollouts() -> Response:
        return Response(poller.text(), mimetype="application/json")

    @app.get("/api/events")
    def _events() -> Response:
        return Response(_stream(poller), mimetype="text/event-stream")

    @app.get("/health")
    def _health() -> str:
        return "ok\n"

    @app.post("/api/rollouts/<model>/<command>")
    def _command(model: str, command: str) -> tuple[dict[str, str], int]:
        wanted = token()
        if wanted is None:
            return {"error": "this page is read-only: it was started without a token"}, 403
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
            return {"error": "the token is missing or wrong"}, 401
        if command not in list(Command):
            return {"error": f"no command {command}; there is {', '.join(Command)}"}, 404
        try:
            say(model, Command(command))
        except LookupError as error:
            return {"error": str(error.args[0])}, 409
        except ClusterAway as error:
            return {"error": str(error)}, 503
        return {"said": command}, 202

    return app


def _stream(poller: Poller) -> Iterator[str]:
    """Server-sent events: all rollouts at once, and again whenever something has changed."""
    sent, sent_at = None, time.monotonic()
    while True:
        text = poller.text()
        if text != sent:
            yield f"data: {text}\n\n"
            sent, sent_at = text, time.monotonic()
        elif time.monotonic() - sent_at > _QUIET_SECONDS:
            yield ": nothing new\n\n"
            sent_at = time.monotonic()
        time.sleep(_POLL_SECONDS)
