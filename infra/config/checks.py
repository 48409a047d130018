"""Rules between models, pools and the stack, for a configuration whose values fit their types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations

from infra.config.alerting_checks import check_alerting
from infra.config.collection_checks import check_collection
from infra.config.describe import one_of, show
from infra.config.errors import Path, Problem
from infra.config.model_checks import check_model
from infra.config.names import LONGEST_NAME, canary_name, object_name
from infra.config.pool_checks import check_pools
from infra.config.stack import StackConfig


def check(config: StackConfig) -> Iterator[Problem]:
    """Find everything that is wrong between values, but for the override."""
    yield from _data_plane(config)
    yield from _object_names(config)
    yield from _routes(config)
    if config.controller and not config.alerting:
        write = "alerting, which a rollout is judged by, or remove controller"
        yield Problem(("controller",), "controller without alerting", write)
    for name, model in config.models.items():
        yield from check_model(config, model, ("models", name))
    yield from check_alerting(config)
    yield from check_collection(config)
    yield from check_pools(config)


def check_override(config: StackConfig) -> Iterator[Problem]:
    """Find an override that names another change than the one in the same configuration.

    Such an override is a leftover of an earlier change, and must not wait for the next one.
    """
    override = config.override
    if not override:
        return
    model = config.models.get(override.model)
    if not model:
        wanted = f"a model that models has: {one_of(config.models)}"
        yield Problem(("override", "model"), show(override.model), wanted)
        return
    wanted = f"what models.{override.model} says, or remove an override that has had its day"
    if override.stable != model.stable:
        yield Problem(("override", "stable"), show(override.stable), wanted)
    if dict(override.canary) != dict(model.canary):
        found = ", ".join(f"{version}: {weight}" for version, weight in override.canary.items())
        yield Problem(("override", "canary"), f"{{{found}}}", wanted)


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
