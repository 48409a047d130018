"""Stack files of a fleet: all of it in one stack, or a platform and groups of models apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.stack import MODEL, stack_file

File = Mapping[str, Any]
_PREFIX = "paddle-canary:"


def whole(namespace: str, models: int, weight: int) -> File:
    """One stack with `models` models, the canary of one at `weight` percent."""
    values = _values(models, weight)
    return _file({**values, "namespace": namespace, "models": _at(values["models"], namespace)})


def platform(namespace: str, groups: int) -> File:
    """The stack that all groups stand on."""
    pools = _values(1, 0)["nodePools"]
    names = [group_namespace(namespace, number) for number in range(groups)]
    return _file({"namespace": namespace, "nodePools": pools, "groups": names, "models": {}})


def group(base: str, namespace: str, number: int, models: int, weight: int) -> File:
    """A group with `models` models. Only the first group has one with pods, and a canary."""
    declared = dict(_values(models if number == 0 else models + 1, weight)["models"])
    if number:
        del declared[MODEL]
    there = group_namespace(namespace, number)
    return _file({"base": base, "namespace": there, "models": _at(declared, there)})


def group_namespace(namespace: str, number: int) -> str:
    """The namespace of a group, which is also the name of its stack."""
    return f"{namespace}-{number}"


def sizes(models: int, largest: int) -> list[int]:
    """How many models each group has, of `models` models in groups of `largest` at the most."""
    return [min(largest, models - done) for done in range(0, models, largest)]


def _values(models: int, weight: int) -> dict[str, Any]:
    config = stack_file(models, weight)["config"]
    return {key.removeprefix(_PREFIX): value for key, value in config.items()}


def _at(models: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """The same models at hosts that no other namespace has."""
    return {name: {**m, "host": f"{name}.{namespace}.example.com"} for name, m in models.items()}


def _file(values: Mapping[str, Any]) -> File:
    return {"config": {f"{_PREFIX}{key}": value for key, value in values.items()}}
