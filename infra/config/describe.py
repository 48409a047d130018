"""Messages: what was found and what to write, for every value that does not fit its type."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from infra.config.errors import Path, Problem
from infra.config.schema import TAG, one_of_tags, schema_at, without_tag
from infra.config.tuning import elsewhere
from infra.config.values import Secret

_LONGEST_SHOWN = 60
_NO_SUCH_TAG = ("union_tag_invalid", "union_tag_not_found")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def location(error: ErrorDetails) -> tuple[Path, bool]:
    """Tell where an error is, and whether the key there is wrong rather than its value."""
    path = without_tag(error["loc"])
    # Pydantic marks keys so, but a key may have this very name.
    is_key = error["type"] != "extra_forbidden" and path[-1] == "[key]"
    is_key = is_key and len(path) > 1 and error["input"] == path[-2]
    return (path[:-1], True) if is_key else (path, False)


def describe(error: ErrorDetails) -> Problem:
    """Say in the project's words what Pydantic refused."""
    path, is_key = location(error)
    value = error["input"]
    if error["type"] in _NO_SUCH_TAG and isinstance(value, Mapping):
        provider = value.get(TAG)
        found = "nothing" if provider is None else show(provider)
        return Problem((*path, TAG), found, one_of_tags(path))
    within = error["loc"][:-1] if is_key else error["loc"]
    if error["type"] == "extra_forbidden":
        known = schema_at(within[:-1]).get("properties", {})
        write = elsewhere(path) or f"{nearest(str(path[-1]), known)}, or remove it"
        return Problem(path, "an unknown key", write)
    if is_key:
        keys = schema_at(within[:-1]).get("propertyNames", {})
        return Problem(path, f"the key {show(value)}", keys.get("title", "a text"))
    node = schema_at(within)
    found = "nothing" if error["type"] == "missing" else _found(value, node)
    return Problem(path, found, _write(value, node))


def nearest(key: str, known: Iterable[str]) -> str:
    """Suggest the known key that is most like an unknown one, or list all of them."""
    folded = {re.sub("[^a-z0-9]", "", name.lower()): name for name in known}
    near = difflib.get_close_matches(re.sub("[^a-z0-9]", "", key.lower()), folded, n=1)
    return folded[near[0]] if near else f"one of {', '.join(folded.values())}"


def one_of(known: Iterable[str]) -> str:
    """List what may be written."""
    return ", ".join(sorted(known)) or "(none)"


def show(value: object) -> str:
    """Show a value as YAML has it, cut to a readable length; mappings only by their kind."""
    shown = _kind(value)
    if isinstance(value, str):
        shown = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, bool):
        shown = str(value).lower()
    elif isinstance(value, list):
        shown = f"[{', '.join(show(each) for each in value[:_LONGEST_SHOWN])}]"
    elif isinstance(value, float):
        shown = str(value)
    elif isinstance(value, int):
        # Python refuses to write integers of thousands of digits.
        shown = "a huge number" if abs(value) >= 10**_LONGEST_SHOWN else str(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _kind(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (str, "plain text"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (Secret, "a secret"),
        (Mapping, "a mapping"),
        (list, "a list"),
    )
    return next((kind for types, kind in kinds if isinstance(value, types)), "nothing")


def _found(value: object, node: Mapping[str, Any]) -> str:
    if node.get("type") == "object":
        # What stands in the place of a mapping may be a misplaced password.
        return _kind(value)
    if isinstance(value, bool):
        return f"{show(value)}, as which YAML reads {'yes and on' if value else 'no and off'}, too"
    return show(value)


def _write(value: object, node: Mapping[str, Any]) -> str:
    title = str(node.get("title") or _no_title(node))
    if _needs_quotes(value, node):
        return f"{title}, in quotes"
    if _needs_no_quotes(value, node):
        return f"{title}, without quotes in the file: the CLI keeps them once they are there"
    return title


def _needs_quotes(value: object, node: Mapping[str, Any]) -> bool:
    """Tell a text that YAML took for something else, such as the version 1.1."""
    if node.get("type") != "string" or not isinstance(value, bool | int | float):
        return False
    return bool(re.search(str(node.get("pattern", "")), show(value)))


def _needs_no_quotes(value: object, node: Mapping[str, Any]) -> bool:
    is_number = isinstance(value, str) and _NUMBER.fullmatch(value)
    return bool(is_number) and node.get("type") in ("integer", "number")


def _no_title(node: Mapping[str, Any]) -> str:
    keys = ", ".join(node.get("properties", ()))
    return f"a mapping with the keys {keys}" if keys else "a text"
