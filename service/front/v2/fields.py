"""Parts of the protocol's JSON, of the type that they have to be; else 400."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.errors import RequestError
from service.front.strictjson import shown


def an_object(value: object, what: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise RequestError(400, f"{what} is {shown(value)}; expected is an object")
    return value


def objects(value: object, what: str) -> list[Mapping[str, Any]]:
    """A list of JSON objects."""
    if not isinstance(value, list):
        raise RequestError(400, f"{what} is {shown(value)}; expected is a list of objects")
    return [an_object(entry, f"an entry of {what}") for entry in value]


def text(value: object, what: str) -> str:
    """A JSON string."""
    if not isinstance(value, str):
        raise RequestError(400, f"{what} is {shown(value)}; expected is a text")
    return value


def flag(parameters: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """A parameter that is true or false."""
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise RequestError(
            400, f"the parameter {name} is {shown(value)}; expected is true or false"
        )
    return value
