"""The JSON Schema of stack files, made from the types; error messages read it too."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from infra.config.errors import Path
from infra.config.stack import StackConfig

PREFIX = "paddle-canary:"
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
                "required": [PREFIX + key for key in ours["required"]],
                # Other namespaces, such as `kubernetes:context`, belong to their providers.
                "patternProperties": {f"^(?!{PREFIX})[^:]+:.": {}},
                "additionalProperties": False,
            },
        },
        "$defs": ours["$defs"],
    }


def schema_at(path: Path) -> dict[str, Any]:
    """Return the schema of the value at a path, or {} where the types know no such path."""
    node = _resolve(config_schema())
    for key in path:
        below = node.get("properties", {}).get(key)
        if below is None:
            below = node.get("items" if isinstance(key, int) else "additionalProperties")
        if not isinstance(below, dict):
            return {}
        node = _resolve(below)
    return node


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in node and "title" not in node:
        # An optional value: what may stand there is the first alternative, not null.
        return _resolve(node["anyOf"][0])
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        # The titles of types are their Python names.
        return cast(dict[str, Any], config_schema()["$defs"][name]) | {"title": ""}
    return node
