"""What Traefik's metrics call the ways that a model's requests go.

Its label `service` names a place in its own configuration, a slot, and not a version: the canary's
slot of an Ingress, or a backend of a rule of an HTTPRoute. Which version a slot leads to changes
with every promotion. The names are Traefik's own (3.7, `pkg/provider/kubernetes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.names import canary_name

Manifest = Mapping[str, Any]


def ingress_slots(model: str, ingresses: Iterable[Manifest]) -> dict[str, str]:
    """Slot to the Service that it leads to, for the Ingress objects of a model.

    Both slots carry the name of the main Ingress and of its Service. Empty without a main Ingress.
    """
    by_name = {ingress["metadata"]["name"]: ingress for ingress in ingresses}
    if model not in by_name:
        return {}
    main = _backend(by_name[model])
    port = main["port"].get("name") or main["port"]["number"]
    namespace = by_name[model]["metadata"]["namespace"]
    primary = _normal(f"{namespace}-{model}-{main['name']}-{port}")
    slots = {f"{primary}@kubernetesingressnginx": main["name"]}
    canary = by_name.get(canary_name(model))
    if canary is not None:
        slots[f"{primary}-canary@kubernetesingressnginx"] = _backend(canary)["name"]
    return slots


def http_route_slots(route: Manifest, entry_points: Iterable[str]) -> dict[str, str]:
    """Slot to the Service that it leads to, for an HTTPRoute on these entry points of Traefik.

    A route does not tell on which entry points its Gateway listens, so there is a name for each.
    """
    return {
        f"{key}-svc-{namespace}-{service}-{place}@kubernetesgateway": service
        for entry_point in entry_points
        for namespace, key, backends in _rules(route, entry_point)
        for place, service in enumerate(backends)
    }


def _rules(route: Manifest, entry_point: str) -> Iterator[tuple[str, str, list[str]]]:
    name, namespace = route["metadata"]["name"], route["metadata"]["namespace"]
    for parent in route["spec"]["parentRefs"]:
        gateway = f"gw-{parent.get('namespace', namespace)}-{parent['name']}"
        for place, rule in enumerate(route["spec"]["rules"]):
            key = _normal(f"httproute-{namespace}-{name}-{gateway}-ep-{entry_point}-{place}")
            yield namespace, key, [ref["name"] for ref in rule["backendRefs"]]


def _backend(ingress: Manifest) -> Manifest:
    (rule,) = ingress["spec"]["rules"]
    service: Manifest = rule["http"]["paths"][0]["backend"]["service"]
    return service


def _normal(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
