"""From Kubernetes objects to what each version gets: weight, ready pods, and gateway slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra import http_route, ingress
from infra.names import MODEL, TRACK, VERSION, object_name
from infra.split import Split
from monitoring.exporter.slots import http_route_slots, ingress_slots

Manifest = Mapping[str, Any]
Plane = Literal["ingress", "gateway"]
SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Objects:
    """What the API server lists in the models' namespace, with the label of a model on each."""

    routes: Iterable[Manifest]
    services: Iterable[Manifest]
    endpoint_slices: Iterable[Manifest]


@dataclass(frozen=True)
class Version:
    """A version that has a Service, or that the route leads to.

    Attributes:
        track: as the Service says; empty for a version that has none.
        weight: percent of the model's requests; None where the route is absent or not readable.
        ready: pods that take requests; None for a version without a Service.
    """

    model: str
    version: str
    track: str
    weight: float | None
    ready: int | None


@dataclass(frozen=True)
class State:
    """What the cluster routes now.

    Attributes:
        slots: slot of the gateway to the model and version that it leads to.
        unreadable: models whose routes somebody changed into a shape that is not ours.
    """

    versions: tuple[Version, ...]
    slots: Mapping[str, tuple[str, str]]
    unreadable: frozenset[str]


def state(objects: Objects, plane: Plane, entry_points: Iterable[str]) -> State:
    """Read the objects of every model."""
    routes = _by_model(objects.routes)
    services = _by_model(objects.services)
    ready = _ready(objects.endpoint_slices)
    versions: list[Version] = []
    slots: dict[str, tuple[str, str]] = {}
    unreadable = set()
    for model in sorted({*routes, *services}):
        tracks = _tracks(model, services[model])
        try:
            split, leads = _read(model, routes[model], tracks, plane, entry_points)
        except (LookupError, TypeError, ValueError, AttributeError):
            unreadable.add(model)
            split, leads = None, {}
        slots |= {slot: (model, version) for slot, version in leads.items()}
        routed = (split.stable, *split.canary) if split else ()
        versions += [
            Version(
                model,
                version,
                tracks.get(version, ""),
                split.share(version) if split else None,
                ready[object_name(model, version)] if version in tracks else None,
            )
            for version in sorted({*tracks, *routed})
        ]
    return State(tuple(versions), slots, frozenset(unreadable))


def _read(
    model: str,
    routes: list[Manifest],
    versions: Iterable[str],
    plane: Plane,
    entry_points: Iterable[str],
) -> tuple[Split | None, dict[str, str]]:
    """The split, and the version that each slot leads to."""
    if not routes:
        return None, {}
    known = {object_name(model, version): version for version in versions}
    if plane == "ingress":
        split, slots = ingress.read_split(model, routes, versions), ingress_slots(model, routes)
    else:
        (route,) = routes
        split, slots = http_route.read_split(route, versions), http_route_slots(route, entry_points)
    return split, {slot: known.get(service, service) for slot, service in slots.items()}


def _by_model(objects: Iterable[Manifest]) -> defaultdict[str, list[Manifest]]:
    found: defaultdict[str, list[Manifest]] = defaultdict(list)
    for each in objects:
        found[each["metadata"]["labels"][MODEL]].append(each)
    return found


def _tracks(model: str, services: Iterable[Manifest]) -> dict[str, str]:
    """Track by version, from the Services that are ours: a copy by hand has another name."""
    labels = [(each["metadata"]["name"], each["metadata"]["labels"]) for each in services]
    return {
        label[VERSION]: label.get(TRACK, "")
        for name, label in labels
        if name == object_name(model, label.get(VERSION, ""))
    }


def _ready(endpoint_slices: Iterable[Manifest]) -> defaultdict[str, int]:
    """Number of ready pods by Service. A pod with two addresses stands in two slices."""
    pods: defaultdict[str, set[str]] = defaultdict(set)
    for each in endpoint_slices:
        service = each["metadata"]["labels"].get(SERVICE_NAME, "")
        for endpoint in each.get("endpoints") or ():
            # Unknown readiness counts as ready, says the API.
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                pod = endpoint.get("targetRef") or {"name": endpoint["addresses"][0]}
                pods[service].add(pod["name"])
    return defaultdict(int, {service: len(found) for service, found in pods.items()})
