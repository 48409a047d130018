"""What the policy pack will say of the rendered objects: of all but those that hold secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from infra.config import StackConfig
from infra.isolation import Manifest
from infra.policy.resource import Resource, Settings
from infra.policy.rules import RULES, STACK_RULES, Level


@dataclass(frozen=True)
class Violation:
    """A rule, and what it says."""

    level: Level
    text: str


def violations(
    config: StackConfig, manifests: Iterable[Manifest], stack: str | None
) -> Iterator[Violation]:
    """Everything that the pack finds, as it is without a configuration of its own.

    But for models that share nodes: whoever runs the pack has to allow them there.
    """
    shared = tuple(name for name, each in config.models.items() if each.isolation == "shared")
    settings = Settings(stack=stack or "", shared_models=shared)
    # A node is somebody else's object, of which a stack patches some fields.
    resources = [
        Resource(
            "NodePatch" if each["kind"] == "Node" else each["kind"], each["metadata"]["name"], each
        )
        for each in manifests
    ]
    for rule in RULES:
        for resource in resources:
            for wrong in rule.check(resource, settings):
                text = f"policy {rule.name}: {resource.kind} {resource.name}: {wrong}"
                yield Violation(rule.level, text)
    for stack_rule in STACK_RULES:
        for wrong in stack_rule.check(resources, settings):
            yield Violation(stack_rule.level, f"policy {stack_rule.name}: {wrong}")
