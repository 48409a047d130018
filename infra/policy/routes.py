"""Routes: weights that mean what they say, and no way to `/metrics` from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from infra.policy.resource import MODEL, Resource, Settings

_ANNOTATION = "nginx.ingress.kubernetes.io/"
_METRICS = "/metrics"


def weights(resource: Resource, _: Settings) -> Iterator[str]:
    """A weight is a whole number up to its total: controllers take anything else for 0 or all.

    How far it may rise is the guard's to say: a policy knows nothing of the update before.
    """
    if resource.kind == "Ingress" and resource.annotations.get(f"{_ANNOTATION}canary") == "true":
        weight = resource.annotations.get(f"{_ANNOTATION}canary-weight", "0")
        total = resource.annotations.get(f"{_ANNOTATION}canary-weight-total", "100")
        if not (_is_whole(weight) and _is_whole(total) and 0 <= int(weight) <= int(total) > 0):
            yield (
                f"found canary-weight {weight} of {total}; write a whole number from 0 to the "
                f"total, tenths of a percent with canary-weight-total: 1000"
            )
    if resource.kind == "HTTPRoute":
        for rule in resource.spec.get("rules") or ():
            given = [backend.get("weight", 1) for backend in rule.get("backendRefs") or ()]
            if any(weight < 0 for weight in given) or not sum(given):
                yield f"found weights {given}; write some that are not negative, nor all 0"


def stable_beside_canary(resources: Iterable[Resource], _: Settings) -> Iterator[str]:
    """A canary Ingress finds its main one by host, path and namespace: alone it gets nothing."""
    canaries: list[Resource] = []
    mains: set[object] = set()
    for resource in resources:
        if resource.kind == "Ingress":
            if resource.annotations.get(f"{_ANNOTATION}canary") == "true":
                canaries.append(resource)
            else:
                mains |= set(_addresses(resource))
    for canary in canaries:
        if not set(_addresses(canary)) <= mains:
            yield (
                f"Ingress {canary.name} has no main Ingress of the same host, path and namespace: "
                f"every release goes through a canary beside stable; write both"
            )


def no_metrics(resource: Resource, _: Settings) -> Iterator[str]:
    """No route that leads to `/metrics` by name. What else keeps it closed is a NetworkPolicy."""
    for path in _paths(resource):
        if path == _METRICS or path.startswith(f"{_METRICS}/"):
            yield f"found a route to {path}; remove it: Prometheus reads the pods themselves"


def closed_by_default(resources: Iterable[Resource], _: Settings) -> Iterator[str]:
    """Where models run, a NetworkPolicy of all pods lets nobody in whom no other one names."""
    models: dict[str, str] = {}
    closed: set[object] = set()
    for resource in resources:
        where = resource.metadata.get("namespace", "")
        if resource.pod is not None and MODEL in resource.labels and not _is_of_group(resource):
            models.setdefault(where, resource.name)
        if resource.kind == "NetworkPolicy" and _closes_all(resource):
            closed.add(where)
    for where, name in models.items():
        if where not in closed:
            yield (
                f"namespace {where}, where {name} runs, has no NetworkPolicy of all its pods: "
                f"anybody in the cluster reads /metrics; write `alerting` in the stack file, which "
                f"brings them"
            )


def _is_of_group(workload: Resource) -> bool:
    """Whether its namespace is made and closed by the base of its stack, whose priorities it has.

    As in infra/names.py: these are named after the namespace of the platform.
    """
    where = workload.metadata.get("namespace", "")
    priority = (workload.pod or {}).get("priorityClassName") or where
    return not str(priority).startswith(str(where))


def _closes_all(policy: Resource) -> bool:
    selector = policy.spec.get("podSelector") or {}
    everyone = not selector.get("matchLabels") and not selector.get("matchExpressions")
    return everyone and "Ingress" in (policy.spec.get("policyTypes") or ("Ingress",))


def _is_whole(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdigit()


def _addresses(ingress: Resource) -> Iterator[tuple[object, object, object]]:
    for rule in ingress.spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield ingress.metadata.get("namespace"), rule.get("host"), path.get("path")


def _paths(resource: Resource) -> Iterator[str]:
    if resource.kind == "Ingress":
        yield from (str(path) for _, _, path in _addresses(resource))
    if resource.kind == "HTTPRoute":
        for rule in resource.spec.get("rules") or ():
            for match in rule.get("matches") or ():
                yield str((match.get("path") or {}).get("value", "/"))
