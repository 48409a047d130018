"""A canary that exhausts a node must not take stable with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.resource import MODEL, VERSION, Resource, Settings

_HOSTNAME = "kubernetes.io/hostname"


def apart(resource: Resource, settings: Settings) -> Iterator[str]:
    """Pods of a version never share a node with pods of another version of the model."""
    model, version = resource.labels.get(MODEL), resource.labels.get(VERSION)
    pod = resource.pod
    if pod is None or not model or not version or model in settings.shared_models:
        return
    affinity = (pod.get("affinity") or {}).get("podAntiAffinity") or {}
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    if not any(_keeps_others_away(term, model, version) for term in terms):
        yield (
            f"pods of {model} {version} may share a node with other versions; write "
            f"`isolation: required` in the stack file, or name {model} in the policy's "
            f"`sharedModels`"
        )


def _keeps_others_away(term: Mapping[str, Any], model: str, version: str) -> bool:
    selector = term.get("labelSelector") or {}
    others = [
        (each.get("key"), each.get("operator"), *(each.get("values") or ()))
        for each in selector.get("matchExpressions") or ()
    ]
    return (
        term.get("topologyKey") == _HOSTNAME
        and dict(selector.get("matchLabels") or {}) == {MODEL: model}
        and others == [(VERSION, "NotIn", version)]
    )
