"""Adds a model to the text of a stack file: every byte that is there stays, comments too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

import yaml

from infra.config.schema import PREFIX
from infra.config.stack_file import HERE, Files, load
from infra.plain_yaml import NOT_TEXT


@dataclass(frozen=True)
class NewModel:
    """A model with one version and no canary."""

    name: str
    host: str
    version: str
    image: str
    pool: str
    replicas: int = 1
    owner: str | None = None


def added(text: str, model: NewModel, files: Files = HERE) -> str:
    """The text of a stack file with one model more; `files` knows that of its base.

    Raises ConfigErrors for a file that is not right before or after, LookupError for one that has
    the model already, ValueError where the new text would mean more than one model more.
    """
    before = load(text.encode(), files)
    if model.name in before.models:
        raise LookupError(f"models.{model.name} is there already; choose another name, or edit it")
    models = _models(text)
    new = _in_flow(text, models, model) if models.flow_style else _in_block(text, models, model)
    after = load(new.encode(), files)
    known = {name: value for name, value in after.models.items() if name != model.name}
    if known != dict(before.models) or after.model_copy(update={"models": before.models}) != before:
        raise ValueError("models is shared by an anchor; write it out, and try again")
    return new


def _in_flow(text: str, models: yaml.MappingNode, model: NewModel) -> str:
    start, end = models.start_mark.index, models.end_mark.index
    if not models.value:
        # Below its key, which is two columns left of what it holds.
        line = text.rfind("\n", 0, start) + 1
        column = len(text[line:start]) - len(text[line:start].lstrip()) + 2
        return text[:start].rstrip(" ") + "\n" + _block(model, column) + text[end:]
    inside = ", ".join(f"{key}: {json.dumps(value)}" for key, value in _flat(model).items())
    version = json.dumps({model.version: _version(model)})
    entry = f", {json.dumps(model.name)}: {{{inside}, canary: {{}}, versions: {version}}}"
    return text[: end - 1].rstrip() + entry + text[end - 1 :]


def _in_block(text: str, models: yaml.MappingNode, model: NewModel) -> str:
    end = _end(models)
    # A comment behind the last value belongs to it.
    line = text.find("\n", end - 1 if text[end - 1] == "\n" else end)
    at = len(text) if line < 0 else line
    column = models.value[0][0].start_mark.column
    return text[:at].rstrip("\n") + "\n" + _block(model, column) + text[at:]


def _end(node: yaml.Node) -> int:
    """Where the last value within a node ends: a block's own mark is where the next key begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def _block(model: NewModel, column: int) -> str:
    lines = [
        f"{json.dumps(model.name) if model.name in NOT_TEXT else model.name}:",
        *(f"  {key}: {json.dumps(value)}" for key, value in _flat(model).items()),
        "  canary: {}",
        "  versions:",
        f"    {json.dumps(model.version)}:",
        *(f"      {key}: {json.dumps(value)}" for key, value in _version(model).items()),
    ]
    return "\n".join(" " * column + line for line in lines)


def _flat(model: NewModel) -> dict[str, str]:
    owner = {"owner": model.owner} if model.owner else {}
    return {"host": model.host, **owner, "stable": model.version}


def _version(model: NewModel) -> dict[str, str | int]:
    return {"image": model.image, "replicas": model.replicas, "pool": model.pool}


def _models(text: str) -> yaml.MappingNode:
    node = cast(yaml.MappingNode, yaml.compose(text, Loader=yaml.SafeLoader))
    for name in ("config", f"{PREFIX}models"):
        node = next(value for key, value in node.value if key.value == name)
    return node
