"""How Prometheus and Alertmanager are reached: through the API server, or at an address.

The API server's proxy needs nothing but the rights that the rollout has anyway, in the cluster and
on an engineer's machine alike. https://kubernetes.io/docs/concepts/cluster-administration/proxies/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3
from kubernetes import client

from infra.config import Alerting, StackConfig
from rollout.kube import TIMEOUT

Parameters = Sequence[tuple[str, str]]


class SourceAway(Exception):
    """The source did not answer, or not as it should; `str()` says which and how."""


class Source(Protocol):
    """An HTTP API that speaks JSON."""

    def get(self, path: str, parameters: Parameters) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The answer to a GET. Raises SourceAway."""

    def post(self, path: str, body: object) -> None:
        """A POST of JSON. Raises SourceAway."""


@dataclass(frozen=True)
class ServiceProxy:
    """A Service of the cluster, through its API server."""

    api: client.ApiClient
    namespace: str
    service: str
    port: int

    def get(self, path: str, parameters: Parameters) -> Any:  # noqa: ANN401
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: object) -> None:
        self._ask("POST", path, (), body)

    def _ask(self, method: str, path: str, parameters: Parameters, body: object) -> Any:  # noqa: ANN401
        host = self.api.configuration.host
        at = f"/api/v1/namespaces/{self.namespace}/services/{self.service}:{self.port}/proxy{path}"
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        self.api.update_params_for_auth(headers, [], ["BearerToken"], at, method, body)
        try:
            answer = self.api.rest_client.pool_manager.request(
                method,
                f"{host}{at}?{urlencode(parameters)}",
                headers=headers,
                body=None if body is None else json.dumps(body),
                timeout=urllib3.Timeout(*TIMEOUT),
                retries=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SourceAway(f"{self.service}: no answer") from error
        return _json(self.service, answer.status, answer.data)


@dataclass(frozen=True)
class Address:
    """An address that is reached directly."""

    url: str

    def get(self, path: str, parameters: Parameters) -> Any:  # noqa: ANN401
        return self._ask("GET", f"{path}?{urlencode(parameters)}", None)

    def post(self, path: str, body: object) -> None:
        self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> Any:  # noqa: ANN401
        try:
            answer = urllib3.request(
                method,
                self.url.rstrip("/") + path,
                body=body,
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(*TIMEOUT),
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SourceAway(f"{self.url}: no answer") from error
        return _json(self.url, answer.status, answer.data)


def alerting_of(config: StackConfig) -> Alerting:
    """Raises LookupError for a stack that has none."""
    if config.alerting is None:
        raise LookupError(
            "alerting: found nothing; a rollout is judged by metrics and alerts: write it"
        )
    return config.alerting


def sources(
    alerting: Alerting, api: client.ApiClient, *, inside: bool = False
) -> tuple[Source, Source]:
    """Prometheus and Alertmanager of a stack.

    `inside` goes to their Services directly, as the NetworkPolicies of monitoring let the
    controller alone; it then needs no right to the API server's proxy, which leads everywhere.

    Raises LookupError where mode `operator` does not say where they are.
    """
    if alerting.mode == "embedded" and inside:
        return (
            Address(f"http://prometheus.{alerting.namespace}.svc:9090"),
            Address(f"http://alertmanager.{alerting.namespace}.svc:9093"),
        )
    if alerting.mode == "embedded":
        return (
            ServiceProxy(api, alerting.namespace, "prometheus", 9090),
            ServiceProxy(api, alerting.namespace, "alertmanager", 9093),
        )
    links = alerting.links
    if links.prometheus is None or links.alertmanager is None:
        raise LookupError(
            "alerting.links: found no address of prometheus and alertmanager; write both, since "
            "with mode operator the rollout cannot know them"
        )
    return Address(links.prometheus), Address(links.alertmanager)


def _json(name: str, status: int, body: bytes) -> Any:  # noqa: ANN401
    if status != 200:
        raise SourceAway(f"{name}: status {status}")
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise SourceAway(f"{name}: an answer that is no JSON") from error


def labels(**wanted: str) -> str:
    """A selector of PromQL and of Alertmanager: `model="ocr",version="v1.2"`."""
    return ",".join(f"{name}={json.dumps(value)}" for name, value in wanted.items())


def result(answer: object) -> list[Mapping[str, Any]]:
    """The series of a Prometheus answer. Raises SourceAway."""
    if not isinstance(answer, Mapping) or answer.get("status") != "success":
        raise SourceAway("prometheus: an answer without success")
    series: list[Mapping[str, Any]] = answer["data"]["result"]
    return series
