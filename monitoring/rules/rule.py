"""Prometheus rules as values.

https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from infra.config import show_duration


@dataclass(frozen=True)
class RecordingRule:
    """A series that is computed at every evaluation. `labels` replace those of the expression."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The rule as a rule file has it."""
        labels = {"labels": dict(self.labels)} if self.labels else {}
        return {"record": self.record, "expr": self.expr, **labels}


@dataclass(frozen=True)
class AlertRule:
    """An alert for each series of the expression; `hold` and `keep` as in the catalogue."""

    alert: str
    expr: str
    hold: timedelta
    keep: timedelta
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The rule as a rule file has it."""
        times = {"for": self.hold, "keep_firing_for": self.keep}
        return {
            "alert": self.alert,
            "expr": self.expr,
            **{key: show_duration(time) for key, time in times.items() if time},
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
        }


Rule = RecordingRule | AlertRule


@dataclass(frozen=True)
class RuleGroup:
    """Rules that are evaluated one after the other, so that later ones see what earlier ones wrote.

    Groups run side by side; `interval` is the time between two evaluations of the group.
    """

    name: str
    interval: timedelta
    rules: tuple[Rule, ...]

    def to_dict(self) -> dict[str, Any]:
        """The group as a rule file has it."""
        return {
            "name": self.name,
            "interval": show_duration(self.interval),
            "rules": [rule.to_dict() for rule in self.rules],
        }
