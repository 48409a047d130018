"""The stack that files of tests share: real pods of two versions of one model are there already."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.cluster.stacks import VERSIONS, Run, Stack

MODEL = "ocr"
HOST = "serving.example.com"
# A window that is over when the next update asks.
SOON = "1s"

# The stable version, and percent of each canary.
Split = tuple[str, Mapping[str, float]]


def models(
    split: Split, more: Mapping[str, Mapping[str, Any]] | None = None, window: str = SOON
) -> dict[str, Any]:
    """The `models` of the stack file. `more` versions run on the canary's node beside v1.2."""
    stable, canary = split
    small = {"pool": "gpu-canary", "resources": VERSIONS["v1.2"]["resources"]}
    added = {version: {**small, **own} for version, own in (more or {}).items()}
    model = {
        "host": HOST,
        "stable": stable,
        "canary": dict(canary),
        "versions": {**VERSIONS, **added},
        # Three versions on two nodes.
        "isolation": "shared",
        "rollout": {"window": window},
    }
    return {MODEL: model}


def jump(split: Split) -> dict[str, Any]:
    """An override with which a test begins, however far from where the one before ended."""
    stable, canary = split
    reason = f"a test begins here, {time.time()}"
    return {"model": MODEL, "stable": stable, "canary": dict(canary), "reason": reason}


def bring_to(
    stack: Stack, split: Split, more: Mapping[str, Mapping[str, Any]] | None = None
) -> Run:
    """Update the stack to a split, from wherever it is."""
    stack.write(models(split, more), override=jump(split))
    done = stack.up()
    assert done.status == 0, done.text
    return done
