"""A platform and a group of models on it, as values of two stack files."""

from __future__ import annotations

from typing import Any

from tests.unit.config.edits import base as one_stack

PLATFORM: dict[str, Any] = {
    "namespace": "platform",
    "nodePools": one_stack()["nodePools"],
    "groups": ["vision", "speech"],
    "models": {},
}
VISION: dict[str, Any] = {
    "base": "platform",
    "namespace": "vision",
    "models": one_stack()["models"],
}
