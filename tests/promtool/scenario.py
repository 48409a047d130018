"""Unit tests of rules as values, and as promtool reads them.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STEP = 15
"""Seconds between samples, and between evaluations, unless a suite says otherwise."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Values = Sequence[float | None]


def seconds(duration: str) -> int:
    """`1h30m` in seconds."""
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([smhd])", duration))


def gauge(*parts: tuple[float | None, str], step: int = STEP) -> Values:
    """Samples of a gauge: each value for its time; None once the series has ended."""
    return [value for value, time in parts for _ in range(seconds(time) // step)]


def counter(*parts: tuple[float | None, str], step: int = STEP) -> Values:
    """Samples of a counter: each rate per second for its time; None while there is none."""
    total = 0.0
    samples: list[float | None] = []
    for rate in gauge(*parts, step=step):
        total += (rate or 0) * step
        samples.append(None if rate is None else total)
    return samples


def series(name: str = "", **labels: str) -> str:
    """`name{label="value"}`."""
    inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{inside}}}"


@dataclass(frozen=True)
class Check:
    """What promtool must find at a time; `kind` is the key of its file."""

    kind: str
    content: Mapping[str, Any]


def alerts(
    at: str,
    name: str,
    pending: Iterable[Mapping[str, str]] = (),
    firing: Iterable[Mapping[str, str]] = (),
) -> Check:
    """Exactly these alerts of a name are pending, and exactly those firing."""
    states = [*(("pending", each) for each in pending), *(("firing", each) for each in firing)]
    samples = {series(alertname=name, alertstate=state, **labels): 1 for state, labels in states}
    return values(at, f'ALERTS{{alertname="{name}"}}', samples)


def values(at: str, expr: str, samples: Mapping[str, float]) -> Check:
    """An expression has exactly these samples, by labels, to a millionth."""
    expr = f"round({expr}, 1e-6)"
    expected = [{"labels": labels, "value": round(value, 6)} for labels, value in samples.items()]
    return Check("promql_expr_test", {"expr": expr, "eval_time": at, "exp_samples": expected})


def said(at: str, name: str, labels: Mapping[str, str], **annotations: str) -> Check:
    """One alert of a name fires, and says exactly this."""
    expected = {"exp_labels": dict(labels), "exp_annotations": annotations}
    return Check("alert_rule_test", {"eval_time": at, "alertname": name, "exp_alerts": [expected]})


@dataclass(frozen=True)
class Scenario:
    """Series from the beginning of time, and what is found at some times."""

    name: str
    input: Mapping[str, Values]
    checks: Sequence[Check]


def conditions(
    name: str,
    alert: str,
    labels: Mapping[str, str],
    cases: Mapping[tuple[float | None, ...], bool],
    *columns: str,
) -> Scenario:
    """Whether the condition of an alert is true, for one case after the other.

    Args:
        labels: of the alert, which must have patience: it is pending once its condition holds.
        cases: a value for each column -> whether the condition holds.
        columns: the series that the values are samples of.
    """
    samples = zip(*cases, strict=True)
    found = dict(zip(columns, map(list, samples), strict=True))
    checks = [
        alerts(f"{STEP * row}s", alert, [labels] if holds else [])
        for row, holds in enumerate(cases.values())
    ]
    return Scenario(name, found, checks)


def life(
    alert: str,
    labels: Mapping[str, str],
    times: tuple[str, str, str, str],
    said_then: Mapping[str, str],
    step: int = STEP,
) -> list[Check]:
    """An alert from before it waits until after it is over, to the step.

    Args:
        times: when the condition begins and ends, `for` and `keep_firing_for`. The first must not
            be 0, the condition must hold a step longer than `for`.
        said_then: its annotations when it begins to fire.
    """
    begin, end, hold, keep = map(seconds, times)
    fires, over = begin + hold, end + keep
    return [
        alerts(f"{begin - step}s", alert),
        alerts(f"{begin}s", alert, [labels]) if hold else alerts(f"{begin}s", alert, [], [labels]),
        *([alerts(f"{fires - step}s", alert, [labels])] if hold else []),
        alerts(f"{fires}s", alert, [], [labels]),
        said(f"{fires}s", alert, labels, **said_then),
        alerts(f"{over - step}s", alert, [], [labels]),
        alerts(f"{over}s", alert),
    ]


@dataclass(frozen=True)
class Suite:
    """Scenarios that run with the same rules.

    groups: families of the rule groups; what the others would record, scenarios may bring along.
    alerts: of the alert rules in these groups only those of this name; all where it is empty.
    always: samples that every scenario has, the same at all times.
    """

    name: str
    groups: Sequence[str]
    scenarios: Sequence[Scenario]
    alerts: str = ""
    always: Mapping[str, float] = field(default_factory=dict)
    step: int = STEP

    def to_dict(self, rule_file: str, groups: Sequence[str]) -> dict[str, Any]:
        """The suite as a test file of promtool, for a rule file with these groups."""
        step = f"{self.step}s"
        return {
            "rule_files": [rule_file],
            "evaluation_interval": step,
            # Any order is right in Prometheus, where each group sees what was there a moment ago.
            # A test that begins with all its samples must have this one.
            "group_eval_order": list(groups),
            "tests": [self._test(each, step) for each in self.scenarios],
        }

    def _test(self, scenario: Scenario, step: str) -> dict[str, Any]:
        by_kind: dict[str, list[Mapping[str, Any]]] = {}
        for check in scenario.checks:
            by_kind.setdefault(check.kind, []).append(check.content)
        samples = {name: " ".join(map(_shown, each)) for name, each in scenario.input.items()}
        samples |= {name: f"{_shown(value)}x10000" for name, value in self.always.items()}
        return {
            "name": scenario.name,
            "interval": step,
            "input_series": [{"series": name, "values": each} for name, each in samples.items()],
            **by_kind,
        }


def _shown(value: float | None) -> str:
    return "stale" if value is None else repr(value)
