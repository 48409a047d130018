"""A few calls to the instance's API server with the administrator's certificate."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any

from local.cluster.layout import API_ADDRESS, API_PORT, Layout


@dataclass(frozen=True)
class Api:
    """`host` and `port`: from inside the instance or from the machine, see the constructors."""

    layout: Layout
    host: str
    port: int

    @classmethod
    def inside(cls, layout: Layout) -> Api:
        return cls(layout, API_ADDRESS, API_PORT)

    @classmethod
    def published(cls, layout: Layout) -> Api:
        return cls(layout, "127.0.0.1", layout.api_port)

    def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._request("GET", path))
        return answer

    def patch(self, path: str, change: dict[str, Any]) -> None:
        """A JSON merge patch."""
        self._request("PATCH", path, json.dumps(change), "application/merge-patch+json")

    def served(self, path: str) -> bool:
        """Whether a GET succeeds; False also while nothing listens."""
        try:
            self._request("GET", path)
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _request(self, method: str, path: str, body: str | None = None, kind: str = "") -> bytes:
        connection = http.client.HTTPSConnection(
            self.host, self.port, context=self._trust(), timeout=10
        )
        try:
            headers = {"Content-Type": kind} if kind else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status >= 300:
                raise http.client.HTTPException(f"{method} {path}: {answer.status} {content!r}")
            return content
        finally:
            connection.close()

    def _trust(self) -> ssl.SSLContext:
        pki = self.layout.pki
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        return context
