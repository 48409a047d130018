"""Changes one model's traffic in a stack file and not one byte besides: comments and order stay."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import cast

import yaml

from infra.config import ConfigErrors, StackConfig
from infra.config.schema import PREFIX
from infra.config.stack_file import HERE, Files, beside, load
from infra.config.write import replace
from infra.plain_yaml import NOT_TEXT
from infra.split import Split, percent

_PLAIN = re.compile(r"[a-z]([a-z0-9._-]*[a-z0-9])?")
"""Versions that YAML reads as text without quotes; no word of YAML's has a digit or a dot."""


class StackFileError(Exception):
    """The file cannot be changed; `str()` names it and says what to do. It is as it was."""


def change(path: Path, model: str, split: Split) -> bool:
    """Make the stack file say `split`; False when it says so already.

    The new content is checked before it takes the place of the old one in one step.
    Raises StackFileError.
    """
    try:
        old = path.read_bytes()
        new = changed(old.decode(), model, split, beside(path)).encode()
    except (OSError, ValueError, LookupError, ConfigErrors) as error:
        raise StackFileError(f"{path}: {error}") from error
    if new == old:
        return False
    replace(path, new)
    return True


def changed(text: str, model: str, split: Split, files: Files = HERE) -> str:
    """The text of a stack file in which `model` has `split`; `files` knows that of its base.

    Raises ConfigErrors for a file that is not right before or after, LookupError for one that has
    no such model, ValueError where an anchor or a merge would change more than this model.
    """
    before = load(text.encode(), files)
    must_have(before, model)
    wanted = with_split(before, model, split)
    if wanted == before:
        return text
    node = _at(yaml.compose(text, Loader=yaml.SafeLoader), "config", f"{PREFIX}models", model)
    # From the back, so that the places in front stay where they are.
    edits = [_canary_edit(text, node, split), _stable_edit(node, split)]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    if load(text.encode(), files) != wanted:
        raise ValueError(f"models.{model} is shared by an anchor; write it out, and try again")
    return text


def must_have(config: StackConfig, model: str) -> None:
    """Raises LookupError, with the models that there are, for one that is not among them."""
    if model not in config.models:
        raise LookupError(f"models has no {model}; it has {', '.join(sorted(config.models))}")


def with_split(config: StackConfig, model: str, split: Split) -> StackConfig:
    """The configuration in which `model` has `split`."""
    edited = config.models[model].model_copy(
        update={"stable": split.stable, "canary": dict(split.canary)}
    )
    return config.model_copy(update={"models": {**config.models, model: edited}})


Edit = tuple[int, int, str]
"""Start and end in the text, and what takes their place."""


def _stable_edit(model: yaml.MappingNode, split: Split) -> Edit:
    node = _at(model, "stable")
    return node.start_mark.index, node.end_mark.index, _version(split.stable)


def _canary_edit(text: str, model: yaml.MappingNode, split: Split) -> Edit:
    weights = [f"{_version(name)}: {percent(weight)}" for name, weight in split.canary.items()]
    flow = f"{{{', '.join(weights)}}}"
    if not any(key.value == "canary" for key, _ in model.value):
        end = _at(model, "stable").end_mark.index
        key = next(key for key, _ in model.value if key.value == "stable")
        line = text.rfind("\n", 0, key.start_mark.index) + 1
        between = ", " if model.flow_style else "\n" + text[line : key.start_mark.index]
        return end, end, f"{between}canary: {flow}"
    node = _at(model, "canary")
    if len(weights) == 1 and [key.value for key, _ in node.value] == [*split.canary]:
        (weight,) = split.canary.values()
        number = node.value[0][1]
        return number.start_mark.index, number.end_mark.index, percent(weight)
    # A block mapping "ends" where the next key begins, after comments that belong to that.
    last = node.end_mark.index if node.flow_style else node.value[-1][1].end_mark.index
    return node.start_mark.index, last, flow


def _at(node: yaml.Node | None, *path: str) -> yaml.MappingNode:
    """The node at a path of keys. What `load` has accepted has mappings there."""
    mapping = cast(yaml.MappingNode, node)
    for name in path:
        mapping = next(value for key, value in mapping.value if key.value == name)
    return mapping


def _version(name: str) -> str:
    plain = _PLAIN.fullmatch(name) and name not in NOT_TEXT
    return name if plain else json.dumps(name)
