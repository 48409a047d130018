"""Rules within one model, for a configuration whose values fit their types."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config.describe import one_of, show
from infra.config.errors import Path, Problem
from infra.config.model import Model
from infra.config.stack import StackConfig
from infra.config.values import show_moment, tenths
from infra.config.version import Version, fewest_pods

OWN_VARIABLES = ("MODEL_NAME", "MODEL_VERSION")
"""Variables that every container is given."""


def check_model(config: StackConfig, model: Model, at: Path) -> Iterator[Problem]:
    """Find everything that is wrong within the model at a path."""
    yield from _traffic(model, at)
    yield from _capacity(model, at)
    yield from _isolation(config, model, at)
    if model.match and not (model.match.header or model.match.cookie):
        yield Problem((*at, "match"), "neither header nor cookie", "one of them, or remove match")
    yield from _quality(model, (*at, "slo", "quality"))
    yield from _rollout(model, (*at, "rollout"))
    for name, version in model.versions.items():
        yield from _version(config, version, (*at, "versions", name))


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
    return f"a version that versions has: {one_of(model.versions)}"


def _capacity(model: Model, at: Path) -> Iterator[Problem]:
    staffed = [name for name, version in model.versions.items() if fewest_pods(version)]
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


def _quality(model: Model, at: Path) -> Iterator[Problem]:
    for signal, bound in model.slo.quality.items():
        if (bound.below is None) == (bound.above is None):
            found = "neither below nor above" if bound.below is None else "below and above"
            yield Problem((*at, signal), found, "one of them, such as {below: 0.6}")


def _rollout(model: Model, at: Path) -> Iterator[Problem]:
    plan = model.rollout
    for place, gate in enumerate(plan.gates):
        if gate not in plan.steps:
            steps = ", ".join(map(show, plan.steps))
            yield Problem((*at, "gates", place), show(gate), f"a weight that steps has: {steps}")
    if plan.testers and not model.match:
        yield Problem(
            (*at, "testers"),
            "a time for testers without match",
            "match for the model, or remove it",
        )
    if plan.hours and plan.hours.start >= plan.hours.end:
        yield Problem(
            (*at, "hours", "start"), show(plan.hours.start), f"a time before {plan.hours.end}"
        )
    for place, freeze in enumerate(plan.freezes):
        if freeze.start >= freeze.end:
            yield Problem(
                (*at, "freezes", place, "start"),
                show(show_moment(freeze.start)),
                f"a time before its end, {show_moment(freeze.end)}",
            )


def _version(config: StackConfig, version: Version, at: Path) -> Iterator[Problem]:
    if version.pool not in config.node_pools:
        yield Problem(
            (*at, "pool"),
            show(version.pool),
            f"a pool that nodePools has: {one_of(config.node_pools)}",
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
