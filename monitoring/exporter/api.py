"""Lists of objects from the API server, with the token that the kubelet mounts into the pod.

https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.names import MODEL
from monitoring.exporter.state import Objects, Plane

# Seconds for one page of a list. Prometheus waits 10 s for the whole scrape.
_TIMEOUT_S = 4.0
_PAGE = 500
_ROUTES = {
    "ingress": ("networking.k8s.io", "ingresses"),
    "gateway": ("gateway.networking.k8s.io", "httproutes"),
}


class Unreachable(Exception):
    """The API server does not answer, or does not let us read. `str()` says which and of what."""


@dataclass(frozen=True)
class ApiServer:
    """Where it is, and the directory with `token` and `ca.crt`, which the kubelet renews."""

    host: str
    port: int
    account: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount")

    def objects(self, namespace: str, plane: Plane) -> Objects:
        """Everything that belongs to a model of the namespace.

        Raises:
            Unreachable: a list could not be had; nothing is said then, rather than a part.
        """
        group, plural = _ROUTES[plane]
        return Objects(
            routes=self._list(f"/apis/{group}/v1/namespaces/{namespace}/{plural}"),
            services=self._list(f"/api/v1/namespaces/{namespace}/services"),
            endpoint_slices=self._list(
                f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
            ),
        )

    def _list(self, path: str) -> list[Mapping[str, Any]]:
        try:
            return [item for page in self._pages(path) for item in page["items"] or ()]
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
            raise Unreachable(f"GET {path} of {self.host}:{self.port}: {error}") from error

    def _pages(self, path: str) -> Iterator[Any]:
        query = {"labelSelector": MODEL, "limit": str(_PAGE)}
        trust = ssl.create_default_context(cafile=str(self.account / "ca.crt"))
        token = (self.account / "token").read_text().strip()
        connection = http.client.HTTPSConnection(
            self.host, self.port, context=trust, timeout=_TIMEOUT_S
        )
        try:
            while True:
                url = f"{path}?{urlencode(query)}"
                connection.request("GET", url, headers={"Authorization": f"Bearer {token}"})
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != http.HTTPStatus.OK:
                    raise http.client.HTTPException(f"{answer.status} {answer.reason}")
                page = json.loads(content)
                yield page
                query["continue"] = (page.get("metadata") or {}).get("continue") or ""
                if not query["continue"]:
                    return
        finally:
            connection.close()
