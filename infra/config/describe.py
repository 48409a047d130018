"""Messages: what was found and what to write, for every value that does not fit its type."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from infra.config.errors import Path, Problem
from infra.config.schema import schema_at
from infra.config.values import Secret

_LONGEST_SHOWN = 60
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
KEY_MARK = "[key]"
"""Pydantic's last element of the location of a key, rather than of the value under it."""


def describe(error: ErrorDetails) -> Problem:
    """Say in the project's words what Pydantic refused."""
    path = tuple(error["loc"])
    value = error["input"]
    if error["type"] == "extra_forbidden":
        known = schema_at(path[:-1]).get("properties", {})
        return Problem(path, "an unknown key", nearest(str(path[-1]), known))
    if path and path[-1] == KEY_MARK:
        keys = schema_at(path[:-2]).get("propertyNames", {})
        return Problem(path[:-1], f"the key {show(value)}", keys.get("title", "a text"))
    node = schema_at(path)
    found = "nothing" if error["type"] == "missing" else _found(value, node)
    return Problem(path, found, _write(value, node))


def nearest(key: str, known: Iterable[str]) -> str:
    """Suggest the known key that is most like an unknown one, or list all of them."""
    names = list(known)
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    if not near:
        # Letters in another case or with another separator count as like, too.
        folded = {re.sub("[^a-z0-9]", "", name.lower()): name for name in names}
        close = difflib.get_close_matches(re.sub("[^a-z0-9]", "", key.lower()), folded, n=1)
        near = [folded[each] for each in close]
    return near[0] if near else f"one of {', '.join(names)}, or remove it"


def show(value: object) -> str:
    """Show a value as YAML has it, cut to a readable length; containers only by their kind."""
    if isinstance(value, str):
        shown = json.dumps(value, ensure_ascii=False)
        return shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + '…"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        # Python refuses to write integers of thousands of digits.
        return str(value) if not abs(value) >= 10**_LONGEST_SHOWN else "a huge number"
    return _kind(value)


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (str, "plain text"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (Secret, "a secret"),
        (Mapping, "a mapping"),
    )
    return next((kind for types, kind in kinds if isinstance(value, types)), "a list")


def _found(value: object, node: Mapping[str, Any]) -> str:
    if node.get("type") == "object":
        # What stands in the place of a mapping may be a misplaced password.
        return _kind(value) if value != {} else "an empty mapping"
    if _unquoted(value, node):
        return f"{show(value)}, which YAML reads as {_kind(value)}"
    return show(value)


def _write(value: object, node: Mapping[str, Any]) -> str:
    title = node.get("title") or _mapping(node)
    if _unquoted(value, node):
        return f"{title}, in quotes"
    if isinstance(value, str) and node.get("type") in ("integer", "number"):
        if _NUMBER.fullmatch(value):
            return f"{title}, without quotes (`pulumi config set --type float` or `--type int`)"
    return str(title)


def _unquoted(value: object, node: Mapping[str, Any]) -> bool:
    return node.get("type") == "string" and isinstance(value, bool | int | float)


def _mapping(node: Mapping[str, Any]) -> str:
    if "properties" in node:
        return f"a mapping with the keys {', '.join(node['properties'])}"
    return "a text"
