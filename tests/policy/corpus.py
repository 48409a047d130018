"""Good and bad programs: the objects that each would deploy, by the rule that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from infra.policy.resource import Resource, Settings
from infra.policy.rules import EVERY, RULES, STACK_RULES

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(rule.name for rule in EVERY)


def resources(file: Path) -> list[Resource]:
    """The objects of a YAML file, as a policy sees them."""
    return [of_manifest(each) for each in yaml.safe_load_all(file.read_text())]


def of_manifest(manifest: dict[str, Any]) -> Resource:
    """An object; one of kind Node is a patch, as the stack registers it."""
    kind = "NodePatch" if manifest["kind"] == "Node" else manifest["kind"]
    return Resource(kind, manifest["metadata"]["name"], _as_shown(manifest))


def _as_shown(value: Any) -> Any:  # noqa: ANN401
    """As Pulumi shows values: its sequences equal no list, its mappings are read-only."""
    if isinstance(value, dict):
        return MappingProxyType({key: _as_shown(each) for key, each in value.items()})
    return tuple(map(_as_shown, value)) if isinstance(value, list) else value


def violations(found: Iterable[Resource], settings: Settings) -> Iterator[tuple[str, str]]:
    """Rule and message of everything that the pack finds."""
    found = list(found)
    for rule in RULES:
        for resource in found:
            for wrong in rule.check(resource, settings):
                yield rule.name, wrong
    for stack_rule in STACK_RULES:
        for wrong in stack_rule.check(found, settings):
            yield stack_rule.name, wrong
