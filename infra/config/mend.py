"""A stand-in configuration, so that rules between values can be checked beside wrong values."""

from __future__ import annotations

import copy
from typing import Any

from pydantic import ValidationError

from infra.config.describe import location
from infra.config.errors import Path
from infra.config.stack import StackConfig
from infra.config.values import PLAIN_SECRETS

_NAME = "unreadable"
_NODE_CLASS = {"group": _NAME, "kind": "Unreadable", "name": _NAME}
_STAND_INS: dict[tuple[str, ...], object] = {
    ("gateway", "name"): _NAME,
    ("gateway", "namespace"): _NAME,
    ("nodePools",): {},
    # Of a provider that takes the fewest keys, and names no nodes that two pools could have.
    ("nodePools", "*"): {
        "provider": "karpenter",
        "accelerator": "none",
        "nodeClass": _NODE_CLASS,
        "track": "stable",
    },
    ("nodePools", "*", "accelerator"): "none",
    ("nodePools", "*", "nodeClass"): _NODE_CLASS,
    ("nodePools", "*", "nodeClass", "group"): _NAME,
    ("nodePools", "*", "nodeClass", "kind"): "Unreadable",
    ("nodePools", "*", "nodeClass", "name"): _NAME,
    ("nodePools", "*", "size"): {"max": 1000},
    ("nodePools", "*", "size", "max"): 1000,
    ("nodePools", "*", "vswitches"): [_NAME],
    ("nodePools", "*", "subnets"): [_NAME],
    ("nodePools", "*", "instanceTypes"): [_NAME],
    ("nodePools", "*", "cluster"): _NAME,
    ("nodePools", "*", "nodeRole"): _NAME,
    ("nodePools", "*", "location"): _NAME,
    ("nodePools", "*", "machineType"): _NAME,
    ("nodePools", "*", "nodes"): [_NAME],
    ("nodePools", "*", "track"): "stable",
    ("models",): {},
    ("models", "*"): {},
    ("models", "*", "host"): _NAME,
    ("models", "*", "stable"): _NAME,
    ("models", "*", "canary", "*"): 0,
    ("models", "*", "match", "header"): _NAME,
    ("models", "*", "match", "cookie"): _NAME,
    ("models", "*", "versions"): {},
    ("models", "*", "versions", "*"): {},
    ("models", "*", "versions", "*", "image"): f"{_NAME}:0",
    ("models", "*", "versions", "*", "pool"): _NAME,
    ("alerting", "mode"): "operator",
    ("alerting", "gateway"): {},
    ("alerting", "gateway", "namespace"): _NAME,
    ("alerting", "dcgm", "namespace"): _NAME,
    ("alerting", "dcgm", "service"): _NAME,
    ("alerting", "dcgm", "port"): _NAME,
    ("alerting", "operator", "namespace"): _NAME,
    ("alerting", "images"): {},
    ("alerting", "images", "relay"): f"{_NAME}:0",
    ("alerting", "defaultTeam"): _NAME,
    ("alerting", "teams", "*"): {},
    ("alerting", "teams", "*", "chat"): [_NAME],
    ("alerting", "receivers"): {},
    ("alerting", "receivers", "*"): {},
    ("alerting", "receivers", "*", "*"): {},
    ("alerting", "receivers", "webhook", "*", "url"): _NAME,
    ("alerting", "receivers", "*", "*", "token"): _NAME,
    ("alerting", "receivers", "*", "*", "secret"): _NAME,
    ("alerting", "receivers", "*", "*", "key"): _NAME,
    ("alerting", "receivers", "*", "*", "to"): [f"{_NAME}@{_NAME}"],
    ("alerting", "mutes", "*", "weekly"): {},
    ("alerting", "mutes", "*", "weekly", "days"): ["monday"],
    ("alerting", "mutes", "*", "weekly", "start"): "00:00",
    ("alerting", "mutes", "*", "weekly", "end"): "24:00",
    ("alerting", "mutes", "*", "once"): {},
    ("alerting", "mutes", "*", "once", "start"): "2000-01-01 00:00",
    ("alerting", "mutes", "*", "once", "end"): "2099-01-01 00:00",
    ("alerting", "smtp"): {},
    ("alerting", "smtp", "server"): f"{_NAME}:25",
    ("alerting", "smtp", "sender"): f"{_NAME}@{_NAME}",
    ("alerting", "smtp", "username"): _NAME,
    ("alerting", "smtp", "password"): _NAME,
}
_MOST_ROUNDS = 6


def mend(values: dict[str, object], error: ValidationError) -> StackConfig | None:
    """Replace or drop what does not fit its type; None where that does not help.

    What is wrong with the result at a path that has a problem already means nothing.
    """
    mended = copy.deepcopy(values)
    for _ in range(_MOST_ROUNDS):
        for each in error.errors():
            _mend_at(mended, *location(each))
        try:
            return StackConfig.model_validate(mended, context=PLAIN_SECRETS)
        except ValidationError as next_error:
            error = next_error
    return None


def _mend_at(values: dict[str, object], path: Path, is_key: bool) -> None:
    # A list is dropped whole: what it would mean without one element is anybody's guess.
    whole = [key for key in path if isinstance(key, str)]
    parent: Any = values
    for key in whole[:-1]:
        if not isinstance(parent, dict):
            return
        parent = parent.get(key)
    if not isinstance(parent, dict):
        return
    stand_in = None if is_key else _stand_in(whole)
    if stand_in is not None:
        parent[whole[-1]] = copy.deepcopy(stand_in)
    elif whole[-1] in parent:
        del parent[whole[-1]]
    elif len(whole) > 1:
        _mend_at(values, tuple(whole[:-1]), is_key=False)


def _stand_in(path: list[str]) -> object:
    for pattern, value in _STAND_INS.items():
        if len(pattern) == len(path) and all(
            part in ("*", key) for part, key in zip(pattern, path, strict=True)
        ):
            return value
    return None
