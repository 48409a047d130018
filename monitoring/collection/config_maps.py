"""What programs read, as ConfigMaps, each small enough for the API server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from infra.config import StackConfig
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE, TAKE_BACK
from infra.plain_yaml import dump
from monitoring.collection.names import PROMETHEUS, labels
from monitoring.rules import RuleGroup, rule_groups
from monitoring.stack import alerting_of

# An object of Kubernetes has 1 MiB at most, its metadata included.
LARGEST = 900_000


def config_map(config: StackConfig, part: str, name: str, files: Mapping[str, str]) -> Manifest:
    """Files of one part of monitoring."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": alerting_of(config).namespace,
            "labels": labels(part),
            "annotations": {**DELETE_AT_ONCE, **TAKE_BACK},
        },
        "data": dict(files),
    }


def rule_maps(config: StackConfig) -> list[Manifest]:
    """Every rule of the stack as ConfigMaps, each a file that is called as it is."""
    return [
        config_map(config, PROMETHEUS, name, {f"{name}.yaml": dump({"groups": groups})})
        for name, groups in rule_packs(config).items()
    ]


def rule_packs(config: StackConfig) -> dict[str, list[dict[str, object]]]:
    """Every rule, in as few objects as hold them: `rules-0` and so on.

    Those of a group are in one, whose name its base knows beforehand. Raises ValueError where they
    are too many for that.
    """
    packs = packed(rule_groups(config))
    if config.owns_alerting:
        return {f"rules-{place}": groups for place, groups in enumerate(packs)}
    if len(packs) > 1:
        raise ValueError(
            f"models: found {len(config.models)}, whose rules take more than the {LARGEST} bytes "
            f"that one group may have; write some of them into another group"
        )
    return {rules_of_group(config.namespace): groups for groups in packs}


def rules_of_group(namespace: str) -> str:
    """Name of what holds the rules of a group."""
    return f"rules-of-{namespace}"


def packed(groups: Iterable[RuleGroup], largest: int = LARGEST) -> list[list[dict[str, object]]]:
    """Groups in their order, in lists of which none is larger than `largest` bytes of YAML.

    A group that is larger by itself becomes several, in the order of its rules. Those are then
    evaluated beside each other, which is the same where no rule of it reads another one: true for
    the constants of the stack file, which alone grow with the number of models.
    """
    packs: list[list[dict[str, object]]] = []
    free = 0
    for group in _of_size(groups, largest):
        size = _size(group)
        if size > free:
            packs.append([])
            free = largest
        packs[-1].append(group)
        free -= size
    return packs


def _of_size(groups: Iterable[RuleGroup], largest: int) -> Iterator[dict[str, object]]:
    for group in groups:
        whole = group.to_dict()
        if _size(whole) <= largest:
            yield whole
            continue
        rules = whole.pop("rules")
        parts: list[list[object]] = [[]]
        free = room = largest - _size({**whole, "name": f"{group.name}.999", "rules": []})
        for rule in rules:
            size = _size([rule])
            if size > free:
                parts.append([])
                free = room
            parts[-1].append(rule)
            free -= size
        for place, part in enumerate(parts):
            yield {**whole, "name": f"{group.name}.{place}", "rules": part}


def _size(value: object) -> int:
    # Two more columns for what it stands in.
    text = dump(value)
    return len(text.encode()) + 4 * text.count("\n")
