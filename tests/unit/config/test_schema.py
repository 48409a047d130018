"""The JSON Schema that editors read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from infra.config.schema import stack_schema
from tests.unit.config.edits import GOOD, HERE, STACKS

COMMITTED = HERE.parents[2] / "infra" / "config" / "stack.schema.json"
MODELS = "paddle-canary:models"


def refusals(stack: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(stack_schema())
    return [error.json_path for error in validator.iter_errors(stack)]


def test_the_committed_schema_is_the_generated_one() -> None:
    assert json.loads(COMMITTED.read_text()) == stack_schema(), (
        "run: python -m infra.config schema > infra/config/stack.schema.json"
    )


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(stack_schema())


@pytest.mark.parametrize("file", [*GOOD, *STACKS], ids=lambda file: file.name)
def test_good_files_are_accepted(file: Path) -> None:
    assert refusals(yaml.safe_load(file.read_text())) == []


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_stack_files_name_the_schema_for_editors(file: Path) -> None:
    first = file.read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=infra/config/stack.schema.json"


def test_every_setting_is_described() -> None:
    schema = stack_schema()
    parts = [schema["properties"]["config"], *schema["$defs"].values()]
    for part in parts:
        for key, value in part["properties"].items():
            described = schema["$defs"].get(value.get("$ref", "").rpartition("/")[2], value)
            assert described.get("description"), key


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown key at the top": lambda stack: stack.update(confg={}),
    "an unknown key of ours": lambda stack: stack["config"].update({"paddle-canary:modls": {}}),
    "a key without namespace": lambda stack: stack["config"].update(models={}),
    "an unknown key of a model": lambda stack: ocr(stack).update(cannary={}),
    "a weight above 100": lambda stack: ocr(stack).update(canary={"v1.2": 150}),
    "a version name in upper case": lambda stack: ocr(stack).update(canary={"V1.2": 5}),
    "a duration without unit": lambda stack: ocr(stack).update(rollout={"window": "30"}),
    "no host": lambda stack: ocr(stack).pop("host"),
    "a plain password": lambda stack: stack["config"].update(
        {"paddle-canary:registry": {"server": "r", "username": "u", "password": "p"}}
    ),
}


def ocr(stack: dict[str, Any]) -> dict[str, Any]:
    model: dict[str, Any] = stack["config"][MODELS]["ocr"]
    return model


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_editors_underline(edit: Callable[[dict[str, Any]], object]) -> None:
    stack = yaml.safe_load((HERE / "good" / "minimal.yaml").read_text())
    edit(stack)
    assert refusals(stack)
