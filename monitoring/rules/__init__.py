"""Recording and alert rules of a stack, one file a family, as pure functions of its config."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from infra.config import StackConfig
from monitoring.rules import (
    burn_rate,
    canary,
    constants,
    gateway,
    gpu,
    norm,
    objectives,
    platform,
    presence,
    recording,
    share,
)
from monitoring.rules.rule import AlertRule, RecordingRule, Rule, RuleGroup

__all__ = ["AlertRule", "RecordingRule", "Rule", "RuleGroup", "rule_file", "rule_groups"]

# What changes slowly is computed once a minute. Not more seldom: a sample is seen for 5 minutes.
_SLOW = timedelta(minutes=1)


def rule_groups(config: StackConfig) -> list[RuleGroup]:
    """All rule groups of a stack; none where it has no `alerting`.

    Rules speak of the models of one namespace, which is that of the stack. What they all stand on
    is watched once, by the stack that collects.
    """
    alerting = config.alerting
    if alerting is None:
        return []
    fast = alerting.prometheus.interval
    slow = max(fast, _SLOW)
    of_models: dict[str, tuple[timedelta, Iterable[Rule]]] = {
        "constants": (slow, constants.rules(config, alerting)),
        "recording": (fast, recording.rules(config)),
        "norm": (slow, norm.rules(config)),
        "burn-rate-recording": (slow, burn_rate.recording(config)),
        "canary-recording": (fast, canary.recording(config)),
        "share-recording": (fast, share.recording(config)),
        "gateway-recording": (fast, gateway.recording(config)),
        "objectives": (fast, objectives.rules(config, alerting)),
        "burn-rate": (fast, burn_rate.rules(config, alerting)),
        "canary": (fast, canary.rules(config, alerting)),
        "share": (fast, share.rules(config, alerting)),
        "gateway": (fast, gateway.rules(config, alerting)),
        "presence": (fast, presence.rules(config, alerting)),
    }
    of_platform: dict[str, tuple[timedelta, Iterable[Rule]]] = {
        "gpu": (fast, gpu.rules(alerting)),
        "platform": (fast, platform.rules(config, alerting)),
    }
    if not config.owns_alerting:
        of_platform = {}
        of_models = of_models if config.models else {}
    families = of_models | of_platform
    groups = (
        RuleGroup(platform.group_name(config, family), interval, tuple(rules))
        for family, (interval, rules) in families.items()
    )
    return [group for group in groups if group.rules]


def rule_file(config: StackConfig) -> dict[str, Any]:
    """The content of a Prometheus rule file."""
    return {"groups": [group.to_dict() for group in rule_groups(config)]}
