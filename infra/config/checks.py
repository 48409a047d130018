"""Rules between values: each takes a configuration whose values fit their types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import permutations

from infra.config.describe import show
from infra.config.errors import Path, Problem
from infra.config.model import Model, Version
from infra.config.names import LONGEST_NAME, canary_name, object_name
from infra.config.stack import StackConfig
from infra.config.values import tenths

OWN_VARIABLES = ("MODEL_NAME", "MODEL_VERSION")
"""Variables that every container is given."""


def check(config: StackConfig) -> Iterator[Problem]:
    """Find everything that is wrong between values, but for the override."""
    yield from _data_plane(config)
    yield from _nodes(config)
    yield from _object_names(config)
    yield from _routes(config)
    for name, model in config.models.items():
        at: Path = ("models", name)
        yield from _traffic(model, at)
        yield from _capacity(model, at)
        yield from _isolation(config, model, at)
        if model.match and not (model.match.header or model.match.cookie):
            yield Problem(
                (*at, "match"), "neither header nor cookie", "one of them, or remove match"
            )
        for version, spec in model.versions.items():
            yield from _version(config, spec, (*at, "versions", version))


def check_override(config: StackConfig) -> Iterator[Problem]:
    """Find an override that names another change than the one in the same configuration.

    Such an override is a leftover of an earlier change, and must not wait for the next one.
    """
    override = config.override
    if not override:
        return
    model = config.models.get(override.model)
    if not model:
        wanted = f"a model that models has: {_one_of(config.models)}"
        yield Problem(("override", "model"), show(override.model), wanted)
        return
    wanted = f"what models.{override.model} says, or remove an override that has had its day"
    if override.stable != model.stable:
        yield Problem(("override", "stable"), show(override.stable), wanted)
    if dict(override.canary) != dict(model.canary):
        found = ", ".join(f"{version}: {weight}" for version, weight in override.canary.items())
        yield Problem(("override", "canary"), f"{{{found}}}", wanted)


def _one_of(known: Iterable[str]) -> str:
    return ", ".join(sorted(known)) or "(none)"


def _data_plane(config: StackConfig) -> Iterator[Problem]:
    if config.data_plane == "gateway" and not config.gateway:
        yield Problem(
            ("gateway",), "nothing", "name and namespace of the Gateway, or set dataPlane: ingress"
        )
    for name, model in config.models.items():
        if config.data_plane == "ingress" and len(model.canary) > 1:
            yield Problem(
                ("models", name, "canary"),
                f"{len(model.canary)} canaries",
                "one, since an Ingress takes no more, or set dataPlane: gateway",
            )


def _nodes(config: StackConfig) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, pool in config.node_pools.items():
        for place, node in enumerate(pool.nodes):
            if node in owners:
                yield Problem(
                    ("nodePools", name, "nodes", place),
                    f"{show(node)}, which nodePools.{owners[node]} has already",
                    "each node once, in one pool",
                )
            owners.setdefault(node, name)


def _object_names(config: StackConfig) -> Iterator[Problem]:
    owners: dict[str, list[Path]] = defaultdict(list)
    for name, model in config.models.items():
        owners[name].append(("models", name))
        owners[canary_name(name)].append(("models", name))
        for version in model.versions:
            owners[object_name(name, version)].append(("models", name, "versions", version))
    for name, paths in owners.items():
        if len(name) > LONGEST_NAME:
            yield Problem(
                paths[-1],
                f"a name that makes {show(name)}, {len(name)} characters long",
                f"shorter names: Kubernetes takes {LONGEST_NAME} characters",
            )
        if len(paths) > 1:
            yield Problem(
                paths[-1],
                f"a name that makes {show(name)}, which something else is called already",
                "another name: '.' and '_' turn into '-', and '-canary' belongs to the canary",
            )


def _routes(config: StackConfig) -> Iterator[Problem]:
    owners: dict[tuple[str, str], str] = {}
    for name, model in config.models.items():
        other = owners.setdefault((model.host, model.path), name)
        if other != name:
            yield Problem(
                ("models", name, "host"),
                f"{show(model.host)} with path {show(model.path)}, as models.{other} has",
                "another host or path",
            )
    for (name, model), (above, owner) in permutations(config.models.items(), 2):
        below = model.path != owner.path and (model.path + "/").startswith(
            owner.path.rstrip("/") + "/"
        )
        if model.host == owner.host and below and (model.match or owner.match):
            # Traefik routes a header or cookie canary of the shorter path first (issue 13785).
            yield Problem(
                ("models", name, "path"),
                f"{show(model.path)} under {show(owner.path)} of models.{above}, with match on",
                "another host or path, or remove match from both",
            )


def _traffic(model: Model, at: Path) -> Iterator[Problem]:
    if model.stable not in model.versions:
        yield Problem((*at, "stable"), show(model.stable), _version_of(model))
    for version in model.canary:
        if version == model.stable:
            yield Problem(
                (*at, "canary", version), "the stable version", "another version, or remove it"
            )
        elif version not in model.versions:
            yield Problem((*at, "canary", version), show(version), _version_of(model))
    total = sum(map(tenths, model.canary.values()))
    if total > tenths(100):
        yield Problem(
            (*at, "canary"), f"{total / 10:g} together", "weights that add up to 100 at most"
        )


def _version_of(model: Model) -> str:
    return f"a version that versions has: {_one_of(model.versions)}"


def _capacity(model: Model, at: Path) -> Iterator[Problem]:
    staffed = [name for name, version in model.versions.items() if _pods(version)]
    for version, weight in model.canary.items():
        if weight and version in model.versions and version not in staffed:
            yield Problem(
                (*at, "versions", version, "replicas"),
                f"0 for a version with weight {weight}",
                "1 or more, or weight 0",
            )
    if staffed and model.stable in model.versions and model.stable not in staffed:
        yield Problem(
            (*at, "versions", model.stable, "replicas"),
            f"0 for stable, while {staffed[0]} has pods",
            "1 or more, or 0 for every version to park the model",
        )


def _pods(version: Version) -> int:
    return version.autoscale.min if version.autoscale else version.replicas


def _isolation(config: StackConfig, model: Model, at: Path) -> Iterator[Problem]:
    stable = model.versions.get(model.stable)
    if not stable or model.isolation == "shared":
        return
    for name in model.canary:
        canary = model.versions.get(name)
        if canary and name != model.stable and canary.pool == stable.pool in config.node_pools:
            yield Problem(
                (*at, "versions", name, "pool"),
                f"{show(canary.pool)}, where stable {model.stable} runs",
                "another pool, or set isolation: shared for the model",
            )


def _version(config: StackConfig, version: Version, at: Path) -> Iterator[Problem]:
    if version.pool not in config.node_pools:
        yield Problem(
            (*at, "pool"),
            show(version.pool),
            f"a pool that nodePools has: {_one_of(config.node_pools)}",
        )
    for name in OWN_VARIABLES:
        if name in version.env:
            yield Problem(
                (*at, "env", name), "a value of your own", "nothing: every container is given it"
            )
    scale = version.autoscale
    if scale and scale.min > scale.max:
        yield Problem((*at, "autoscale", "min"), str(scale.min), f"at most max, {scale.max}")
    if scale and "replicas" in version.model_fields_set:
        yield Problem(
            (*at, "replicas"), f"{version.replicas} besides autoscale", "one of the two, not both"
        )
