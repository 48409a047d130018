"""A small right configuration, and how tests make others from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
GOOD = sorted((HERE / "good").glob("*.yaml"))
STACKS = sorted(HERE.parents[2].glob("Pulumi.*.yaml"))

REMOVED = object()
"""As the new value of a key: take the key away."""


_MINIMAL = yaml.safe_load((HERE / "good" / "minimal.yaml").read_text())["config"]


def base() -> dict[str, Any]:
    """Give the values of `good/minimal.yaml` without their prefix."""
    config = copy.deepcopy(_MINIMAL)
    return {key.removeprefix("paddle-canary:"): value for key, value in config.items()}


def edited(edits: Mapping[str, object]) -> dict[str, Any]:
    """Give the base with values replaced at paths such as `models/ocr/host`."""
    values = base()
    for path, value in edits.items():
        *above, last = path.split("/")
        node = values
        for key in above:
            node = node.setdefault(key, {})
        if value is REMOVED:
            del node[last]
        else:
            node[last] = copy.deepcopy(value)
    return values
