"""The stack that files of tests share: real pods of two versions of one model are there already."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cluster.stacks import VERSIONS, Stack

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
    """An override that lets a split through, however far it is from the last one."""
    stable, canary = split
    reason = f"a test needs it, {time.time()}"
    return {"model": MODEL, "stable": stable, "canary": dict(canary), "reason": reason}


def begin(stack: Stack, split: Split) -> None:
    """Bring the stack to a split, unless it is there, and let its window pass."""
    if not is_live(stack, split) or remembered(stack)[0] != split:
        bring_to(stack, split)
    # A second, and one more since the cluster tells its time in whole seconds.
    over = max(remembered(stack)[1].values()) + timedelta(seconds=2)
    time.sleep(max(0.0, (over - datetime.now(UTC)).total_seconds()))


def bring_to(stack: Stack, split: Split) -> None:
    """Update the stack to a split, from wherever it is."""
    stack.write(models(split), override=jump(split))
    done = stack.up()
    assert done.status == 0, done.text


def remembered(stack: Stack) -> tuple[Split, dict[str, datetime]]:
    """The split that the last outputs say, and since when each version has its place in it."""
    found = stack.outputs()[MODEL]
    since = {version: datetime.fromisoformat(time) for version, time in found["since"].items()}
    return (found["stable"], found["canary"]), since


def is_live(stack: Stack, split: Split) -> bool:
    """Whether the routes say `split`."""
    stable, canary = split
    services = {version: f"{MODEL}-{version.replace('.', '-')}" for version in (stable, *canary)}
    weights = {services[version]: weight for version, weight in canary.items()}
    return stack.routed(MODEL) == (services[stable], weights)
