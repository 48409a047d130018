"""Calls to an API server with the administrator's certificate, on connections that stay open."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from local.cluster.site import Site

Object = dict[str, Any]

_TIMEOUT_S = 600.0
# The API server closes what was idle for 90 seconds.
_KEPT_S = 30.0
# On a busy machine the API server has not always time enough, for example to count a quota.
_BUSY = (
    http.client.INTERNAL_SERVER_ERROR,
    http.client.SERVICE_UNAVAILABLE,
    http.client.GATEWAY_TIMEOUT,
)
_AGAIN = 30
_AGAIN_S = 1.0
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"


class RefusedError(Exception):
    """The API server said no: `status` is that of HTTP, `reason` its own words."""

    def __init__(self, method: str, path: str, status: int, content: bytes) -> None:
        try:
            self.reason = str(json.loads(content)["message"])
        except (ValueError, KeyError, TypeError):
            self.reason = content.decode(errors="replace")
        self.status = status
        super().__init__(f"{method} {path}: {status} {self.reason}")

    @property
    def busy(self) -> bool:
        """Whether it has no time now, and the same may succeed later."""
        return self.status in _BUSY


class Client:
    """One connection for each thread that asks.

    A busy API server is asked again, unless that could make an object twice (`create`).
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._threads = threading.local()

    def ready(self) -> bool:
        """Whether the API server is; False also while nothing listens."""
        try:
            self._ask_once("GET", "/readyz")
        except (OSError, RefusedError, http.client.HTTPException):
            return False
        return True

    def get(self, path: str) -> Object:
        """Raises RefusedError, as all calls do."""
        return self._object("GET", path)

    def create(self, path: str, content: Object) -> Object:
        """POST: a new object at a collection, or one of a subresource."""
        return self._object("POST", path, content)

    def apply(self, path: str, content: Object, manager: str) -> Object:
        """Server-side apply, with force."""
        return self._object("PATCH", f"{path}?fieldManager={manager}&force=true", content, _APPLY)

    def patch(self, path: str, change: Object) -> Object:
        """A JSON merge patch."""
        return self._object("PATCH", path, change, _MERGE)

    def delete(self, path: str) -> None:
        """Begins a deletion in the background; one that is gone already is no error."""
        try:
            self._ask("DELETE", f"{path}?propagationPolicy=Background")
        except RefusedError as refused:
            if refused.status != http.client.NOT_FOUND:
                raise

    def watch(self, path: str, version: str) -> Iterator[Object]:
        """Events of a collection since `version`, until the API server closes the connection."""
        connection = self._connect(timeout=None)
        try:
            separator = "&" if "?" in path else "?"
            connection.request("GET", f"{path}{separator}watch=1&resourceVersion={version}")
            answer = connection.getresponse()
            if answer.status >= 300:
                raise RefusedError("WATCH", path, answer.status, answer.read())
            for line in answer:
                event: Object = json.loads(line)
                if event["type"] == "ERROR":
                    raise RefusedError("WATCH", path, event["object"]["code"], line)
                yield event
        finally:
            connection.close()

    def _object(
        self, method: str, path: str, content: Object | None = None, kind: str = "application/json"
    ) -> Object:
        body = None if content is None else json.dumps(content)
        found: Object = json.loads(self._ask(method, path, body, kind))
        return found

    def _ask(self, method: str, path: str, body: str | None = None, kind: str = "") -> bytes:
        for _ in range(_AGAIN):
            try:
                return self._ask_once(method, path, body, kind)
            except RefusedError as refused:
                if method == "POST" or not refused.busy:
                    raise
            time.sleep(_AGAIN_S)
        return self._ask_once(method, path, body, kind)

    def _ask_once(self, method: str, path: str, body: str | None = None, kind: str = "") -> bytes:
        connection = self._kept() or self._connect(_TIMEOUT_S)
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        answer = connection.getresponse()
        content = answer.read()
        self._threads.kept = connection, time.monotonic()
        if answer.status >= 300:
            raise RefusedError(method, path, answer.status, content)
        return content

    def _kept(self) -> http.client.HTTPSConnection | None:
        """The thread's connection, for one request: it is kept again when that has its answer."""
        connection, used = getattr(self._threads, "kept", (None, 0.0))
        self._threads.kept = None, 0.0
        return connection if time.monotonic() - used < _KEPT_S else None

    def _connect(self, timeout: float | None) -> http.client.HTTPSConnection:
        pki = self.site.pki
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        host, port = self.site.address, self.site.ports.api
        return http.client.HTTPSConnection(host, port, context=context, timeout=timeout)
