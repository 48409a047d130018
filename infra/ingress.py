"""A split as Ingress objects with the canary annotations of ingress-nginx.

The annotations outlived ingress-nginx: Traefik (3.7 and later), Higress and Alibaba MSE read them.
https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from infra.config import Model, StackConfig, tenths
from infra.isolation import Manifest
from infra.names import (
    DELETE_AT_ONCE,
    PORT_NAME,
    SKIP_AWAIT,
    TAKE_BACK,
    canary_name,
    model_labels,
    object_name,
)
from infra.split import Split, percent

ANNOTATION = "nginx.ingress.kubernetes.io"
CANARY = f"{ANNOTATION}/canary"
WEIGHT = f"{ANNOTATION}/canary-weight"
WEIGHT_TOTAL = f"{ANNOTATION}/canary-weight-total"
BY_HEADER = f"{ANNOTATION}/canary-by-header"
BY_COOKIE = f"{ANNOTATION}/canary-by-cookie"


def main_ingress(config: StackConfig, name: str) -> Manifest:
    """The route of the model to its stable version. Promotion changes its backend in place."""
    return _ingress(config, name, name, config.models[name].stable, {})


def canary_ingress(config: StackConfig, name: str) -> Manifest:
    """The route that takes the canary's share.

    Host, path and namespace are those of the main Ingress: that is how they find each other. A
    model without a canary keeps it, at weight 0 and turned to stable: taking a canary away is then
    an update in place, where a deletion would come last, after everything that may fail.
    """
    model = config.models[name]
    if not model.canary:
        idle = {CANARY: "true", **_weight(0)}
        return _ingress(config, name, canary_name(name), model.stable, idle)
    ((version, weight),) = model.canary.items()
    annotations = {CANARY: "true", **_weight(weight), **_match(model)}
    return _ingress(config, name, canary_name(name), version, annotations)


def read_split(
    name: str, ingresses: Iterable[Mapping[str, Any]], versions: Iterable[str]
) -> Split | None:
    """The split that live Ingress objects of model `name` route; None when its main one is absent.

    `versions` are those whose Services may be met; a Service of none of them stands for itself.
    """
    by_name = {ingress["metadata"]["name"]: ingress for ingress in ingresses}
    main, canary = by_name.get(name), by_name.get(canary_name(name))
    if main is None:
        return None
    known = {object_name(name, version): version for version in versions}
    stable = _backend(main, known)
    if canary is None:
        return Split(stable, {})
    version = _backend(canary, known)
    # Both point to the same version without a canary, and half-way through a promotion.
    return Split(stable, {} if version == stable else {version: _read_weight(canary)})


def _ingress(
    config: StackConfig, model_name: str, name: str, version: str, annotations: dict[str, str]
) -> Manifest:
    model = config.models[model_name]
    backend = {"name": object_name(model_name, version), "port": {"name": PORT_NAME}}
    path = {"path": model.path, "pathType": "Prefix", "backend": {"service": backend}}
    spec: Manifest = {
        "ingressClassName": config.ingress_class,
        "rules": [{"host": model.host, "http": {"paths": [path]}}],
    }
    if model.tls is not None:
        spec["tls"] = [{"hosts": [model.host], "secretName": model.tls.secret_name}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": config.namespace,
            "labels": model_labels(model_name),
            "annotations": {**SKIP_AWAIT, **DELETE_AT_ONCE, **TAKE_BACK, **annotations},
        },
        "spec": spec,
    }


def _weight(weight: float) -> dict[str, str]:
    # Controllers read a fraction as 0 without a word, so tenths are counted in thousandths.
    if tenths(weight) % 10 == 0:
        return {WEIGHT: percent(weight)}
    return {WEIGHT: str(tenths(weight)), WEIGHT_TOTAL: "1000"}


def _match(model: Model) -> dict[str, str]:
    if model.match is None:
        return {}
    by = {BY_HEADER: model.match.header, BY_COOKIE: model.match.cookie}
    return {annotation: name for annotation, name in by.items() if name is not None}


def _backend(ingress: Mapping[str, Any], known: Mapping[str, str]) -> str:
    (rule,) = ingress["spec"]["rules"]
    service: str = rule["http"]["paths"][0]["backend"]["service"]["name"]
    return known.get(service, service)


def _read_weight(ingress: Mapping[str, Any]) -> float:
    """The weight as controllers read it: what is no number is 0, what is above the total is all."""
    annotations = ingress["metadata"].get("annotations", {})
    try:
        weight = int(annotations.get(WEIGHT, "0"))
        total = int(annotations.get(WEIGHT_TOTAL, "100"))
    except ValueError:
        return 0
    return min(100.0, max(0, weight) * 100 / total) if total > 0 else 0
