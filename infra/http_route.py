"""A split as an HTTPRoute of the Gateway API, which knows several canaries at once.

https://gateway-api.sigs.k8s.io/reference/spec/#httproute
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.config import Gateway, Match, StackConfig, tenths
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE, SERVICE_PORT, TAKE_BACK, model_labels, object_name
from infra.split import Split


def http_route(config: StackConfig, name: str, gateway: Gateway) -> Manifest:
    """The route of one model: weights for everybody, and a rule for the testers of each canary."""
    model = config.models[name]
    split = Split(model.stable, model.canary)
    parent = gateway.model_dump(by_alias=True, exclude_none=True)
    testers = [] if model.match is None else _tester_rules(name, split, model.path, model.match)
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": name,
            "namespace": config.namespace,
            "labels": model_labels(name),
            "annotations": {**DELETE_AT_ONCE, **TAKE_BACK},
        },
        "spec": {
            "parentRefs": [parent],
            "hostnames": [model.host],
            "rules": [
                *testers,
                {"matches": [_path(model.path)], "backendRefs": _weighted(name, split)},
            ],
        },
    }


def read_split(route: Mapping[str, Any], versions: Iterable[str]) -> Split:
    """The split that a live HTTPRoute of ours routes.

    `versions` are those whose Services may be met; a Service of none of them stands for itself.
    """
    name = route["metadata"]["name"]
    known = {object_name(name, version): version for version in versions}
    stable, *canaries = route["spec"]["rules"][-1]["backendRefs"]
    total = sum(ref["weight"] for ref in (stable, *canaries)) or 1
    return Split(
        known.get(stable["name"], stable["name"]),
        {known.get(ref["name"], ref["name"]): ref["weight"] * 100 / total for ref in canaries},
    )


def _weighted(name: str, split: Split) -> list[Manifest]:
    """Backends with weights that add up to 1000, stable first."""
    return [
        {**_backend(name, version), "weight": tenths(split.share(version))}
        for version in (split.stable, *split.canary)
    ]


def _tester_rules(name: str, split: Split, path: str, match: Match) -> list[Manifest]:
    """Rules by which testers choose: the version's name, or the words of the canary annotations.

    `always` means the canary where there is one alone, `never` means stable.
    """
    words = {version: [version] for version in split.canary}
    if len(words) == 1:
        (only,) = words.values()
        only.append("always")
    if words:
        words[split.stable] = ["never"]
    return [
        {
            "matches": [
                {**_path(path), "headers": [header]}
                for word in said
                for header in _headers(match, word)
            ],
            "backendRefs": [_backend(name, version)],
        }
        for version, said in words.items()
    ]


def _headers(match: Match, word: str) -> list[Manifest]:
    headers: list[Manifest] = []
    if match.header is not None:
        headers.append({"type": "Exact", "name": match.header, "value": word})
    if match.cookie is not None:
        pair = re.escape(f"{match.cookie}={word}")
        # Some gateways match a part of the value and some the whole: this is right for both.
        pattern = rf"^(.*;\s*)?{pair}\s*(;.*)?$"
        headers.append({"type": "RegularExpression", "name": "Cookie", "value": pattern})
    return headers


def _path(path: str) -> Manifest:
    return {"path": {"type": "PathPrefix", "value": path}}


def _backend(name: str, version: str) -> Manifest:
    return {"name": object_name(name, version), "port": SERVICE_PORT}
