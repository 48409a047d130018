"""The live routes of a model: what the cluster splits now, and the fast way back.

A patch of the route takes milliseconds, where an update of the stack takes seconds. It writes the
fields that an update would write, in the words of the same pure functions, so that the update that
follows finds nothing else to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubernetes import client

from infra import ingress
from infra.config import StackConfig
from infra.names import MODEL
from infra.split import Split
from infra.traffic import read_split, routes
from rollout.kube import FIELD_MANAGER, TIMEOUT, asked
from rollout.stack_file import with_split

_PLURALS = {"Ingress": "ingresses", "HTTPRoute": "httproutes"}


class Routes:
    """The routes of one model.

    Args:
        api: a client of the cluster.
        config: the stack; its split of the model may be out of date.
    """

    def __init__(self, api: client.ApiClient, config: StackConfig, model: str) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._config = config
        self._model = model

    def split(self) -> Split | None:
        """What the cluster routes; None where the model has no route.

        Raises ClusterAway, and ValueError where the routes have a shape that is not ours.
        """
        live = self._live()
        versions = self._config.models[self._model].versions
        try:
            return read_split(self._config, self._model, live, versions)
        except (LookupError, TypeError) as error:
            raise ValueError(f"the live routes of {self._model} are not ours any more") from error

    def patch(self, split: Split) -> None:
        """Make the live routes split so. Raises ClusterAway, Conflict."""
        wanted = routes(with_split(self._config, self._model, split), self._model)
        live = {each["metadata"]["name"]: each for each in self._live()}
        for manifest in wanted:
            body = _difference(live.get(manifest["metadata"]["name"], {}), manifest)
            if body:
                self._patch(manifest, body)

    def _live(self) -> list[Mapping[str, Any]]:
        group, _, plural = _kind(routes(self._config, self._model)[0])
        with asked(f"list {plural}"):
            found = self._objects.list_namespaced_custom_object(
                group,
                "v1",
                self._config.namespace,
                plural,
                label_selector=f"{MODEL}={self._model}",
                _request_timeout=TIMEOUT,
            )
        items: list[Mapping[str, Any]] = found["items"]
        return items

    def _patch(self, manifest: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        group, version, plural = _kind(manifest)
        name = manifest["metadata"]["name"]
        with asked(f"patch {plural}/{name}"):
            self._objects.patch_namespaced_custom_object(
                group,
                version,
                self._config.namespace,
                plural,
                name,
                body,
                field_manager=FIELD_MANAGER,
                _content_type="application/merge-patch+json",
                _request_timeout=TIMEOUT,
            )


def _kind(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    group, version = manifest["apiVersion"].split("/")
    return group, version, _PLURALS[manifest["kind"]]


def _difference(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch (RFC 7386) that gives a live route the annotations and spec of `wanted`."""
    body: dict[str, Any] = {}
    annotations = live.get("metadata", {}).get("annotations", {})
    missing = {
        key: value
        for key, value in wanted["metadata"]["annotations"].items()
        if annotations.get(key) != value
    }
    # A weight in tenths leaves its total behind, which would turn 20 of 100 into 20 of 1000.
    stale = {
        key: None
        for key in annotations
        if key.startswith(ingress.CANARY) and key not in wanted["metadata"]["annotations"]
    }
    if missing or stale:
        body["metadata"] = {"annotations": {**missing, **stale}}
    if not _holds(live.get("spec"), wanted["spec"]):
        body["spec"] = wanted["spec"]
    return body


def _holds(live: object, wanted: object) -> bool:
    """Whether `live` says all that `wanted` says; the API server adds defaults."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            _holds(live.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(live, list) and len(live) == len(wanted) and all(map(_holds, live, wanted))
        )
    return live == wanted
