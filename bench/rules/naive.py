"""What teams write first, and rules of one model each: the other side of the comparison."""

from __future__ import annotations

from typing import Any

import yaml

from bench.rules.fleet import NAMESPACE, model_names
from bench.rules_replay import NAIVE
from monitoring.rules.series import ERROR_RATIO, ERRORS

NORM = "mean of seven days"
BASE = "errors and latency of each pod"
ONE_EACH = "one rule for each model"


def groups(models: int) -> list[dict[str, Any]]:
    """The rules of the replay in groups of their own, and HighModelErrorRate model by model."""
    by_name = {
        rule["alert"]: {**rule, "labels": {"severity": "none"}}
        for rule in yaml.safe_load(NAIVE.read_text())["groups"][0]["rules"]
    }
    norm = by_name.pop("LowModelQPS")
    return [
        {"name": NORM, "interval": "15s", "rules": [norm]},
        {"name": BASE, "interval": "15s", "rules": list(by_name.values())},
        {"name": ONE_EACH, "interval": "15s", "rules": [_one(m) for m in model_names(models)]},
    ]


def _one(model: str) -> dict[str, Any]:
    select = f'{{namespace="{NAMESPACE}",model="{model}"}}'
    return {
        "alert": "HighModelErrorRate",
        "expr": f"{ERROR_RATIO}{select} > 0.01 and {ERRORS}{select} * 300 >= 5",
        "for": "5m",
        "labels": {"severity": "critical", "model": model},
    }
