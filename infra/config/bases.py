"""A stack on a base: what holds for it, and what its base tells it.

A fleet is one platform stack (pools, namespaces, quotas), perhaps one with the monitoring, and one
for each group of models, which has a namespace of its own. Each has a state of its own, so that an
update of one weight reads and writes that of its group alone. To every check and every object it
is as if all keys stood in one file; what a stack declares of them is only its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.config.describe import one_of, show
from infra.config.errors import Problem
from infra.config.stack import StackConfig

_OWN = ("base", "models", "controller", "override")
SHARED = {
    field: info.alias or field
    for field, info in StackConfig.model_fields.items()
    if field not in _OWN
}
"""Fields that hold for every stack on a base, with their keys."""


def inherited(base: StackConfig) -> dict[str, object]:
    """What a stack on `base` has of it, by key: parts as they are, secrets included."""
    return {key: getattr(base, field) for field, key in SHARED.items() if is_said(base, field)}


def is_said(config: StackConfig, field: str) -> bool:
    """Whether a stack tells those on it: what it says, and its namespace also by default."""
    return field in config.model_fields_set or field == "namespace"


def refused_keys(values: Mapping[str, object], base: StackConfig) -> Iterator[Problem]:
    """Find keys that are the base's to set."""
    for field, key in SHARED.items():
        free = field == "namespace" or (field == "alerting" and base.alerting is None)
        if key in values and not free:
            yield Problem((key,), "a key that is the base's", f"it in the file of {values['base']}")


def check_base(config: StackConfig, base: StackConfig | None) -> Iterator[Problem]:
    """Find what is wrong between a stack, its groups and its base."""
    if base is not None and config.controller:
        write = "nothing; rollouts of a group are driven by: python -m rollout run"
        yield Problem(("controller",), "a controller for a stack on a base", write)
    if base is None:
        yield from _groups(config)
    elif not base.groups:
        write = "a stack that has groups, or give it some: groups: [vision]"
        yield Problem(("base",), f"{show(config.base)}, which has no groups", write)
    elif config.namespace not in base.groups and (
        config.models or config.namespace != config.platform
    ):
        found = show(config.namespace) if config.namespace != config.platform else "nothing"
        yield Problem(("namespace",), found, f"one of the base's groups: {one_of(base.groups)}")


def _groups(config: StackConfig) -> Iterator[Problem]:
    taken = {config.namespace: "the stack's own namespace"}
    if config.alerting:
        taken[config.alerting.namespace] = "the namespace of alerting"
    for place, name in enumerate(config.groups):
        if name in taken:
            write = "another namespace, which models of one group have for themselves"
            yield Problem(("groups", place), f"{show(name)}, {taken[name]}", write)
        taken[name] = "which is there already"
