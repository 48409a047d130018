"""The JSON Schema of stack files, made from the types; error messages read it too."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from infra.config.errors import Path
from infra.config.stack import StackConfig

PREFIX = "paddle-canary:"
TAG = "provider"
"""The key by which a value tells which of several shapes it has."""
TOP_KEYS = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")
"""The keys that Pulumi itself knows in a stack file."""


class _Generator(GenerateJsonSchema):
    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return super().generate(schema, mode) | {"$schema": self.schema_dialect}

    def field_title_should_be_set(self, schema: object) -> bool:
        # A title says what to write; one made of the key alone says nothing.
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        # Pydantic drops titles here, and lets keys pass that do not match their pattern.
        return {
            "type": "object",
            "propertyNames": self.generate_inner(schema["keys_schema"]),
            "additionalProperties": self.generate_inner(schema["values_schema"]),
        }


@cache
def config_schema() -> dict[str, Any]:
    """Return the schema of the values, whose keys have no prefix."""
    return StackConfig.model_json_schema(schema_generator=_Generator)


def stack_schema() -> dict[str, Any]:
    """Return the schema of a whole `Pulumi.<stack>.yaml`."""
    ours = config_schema()
    return {
        "$schema": ours["$schema"],
        "title": "paddle-canary stack file",
        "type": "object",
        "required": ["config"],
        "additionalProperties": False,
        "properties": {
            **{key: {} for key in TOP_KEYS},
            "config": {
                "type": "object",
                "properties": {PREFIX + key: value for key, value in ours["properties"].items()},
                "required": [PREFIX + key for key in ours["required"] if key != "nodePools"],
                # Those of a stack on a base are its base's.
                "anyOf": [{"required": [f"{PREFIX}nodePools"]}, {"required": [f"{PREFIX}base"]}],
                # Other namespaces, such as `kubernetes:context`, belong to their providers.
                "patternProperties": {f"^(?!{PREFIX})[^:]+:.": {}},
                "additionalProperties": False,
            },
        },
        "$defs": ours["$defs"],
    }


def without_tag(location: Path) -> Path:
    """Turn Pydantic's location, in which a value's tag is a step, into the path of the value."""
    node = _resolve(config_schema())
    path: list[str | int] = []
    for key in location:
        if "discriminator" in node:
            node = _tagged(node, key)
            continue
        path.append(key)
        node = _below(node, key)
    return tuple(path)


def one_of_tags(path: Path) -> str:
    """List the tags that a value may have, as a sentence does."""
    *most, last = schema_at(path)["discriminator"]["mapping"]
    return f"{', '.join(most)} or {last}"


def schema_at(location: Path) -> dict[str, Any]:
    """Return the schema at one of Pydantic's locations, or {} where the types know no such one."""
    node = _resolve(config_schema())
    for key in location:
        node = _tagged(node, key) if "discriminator" in node else _below(node, key)
    return node


def _tagged(node: dict[str, Any], tag: str | int) -> dict[str, Any]:
    ref = node["discriminator"]["mapping"].get(tag)
    return _resolve({"$ref": ref}) if ref else {}


def _below(node: dict[str, Any], key: str | int) -> dict[str, Any]:
    below = node.get("properties", {}).get(key)
    if below is None:
        below = node.get("items" if isinstance(key, int) else "additionalProperties")
    return _resolve(below) if isinstance(below, dict) else {}


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in node and "title" not in node:
        # An optional value: what may stand there is the first alternative, not null.
        return _resolve(node["anyOf"][0])
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        # The titles of types are their Python names.
        return cast(dict[str, Any], config_schema()["$defs"][name]) | {"title": ""}
    return node
