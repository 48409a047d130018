"""What the page shows of a journal, as plain JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import exp
from typing import Any

from rollout.alerts import Alert
from rollout.journal import Entry, Page
from rollout.judge.evidence import path
from rollout.judge.state import from_json
from rollout.report import evidence, headline
from rollout.state import State

_LARGEST = 690.0
MOST_ENTRIES = 50
"""Entries of the journal that the page shows; `rollout history` has all."""


def view(model: str, page: Page, alerts: Sequence[Alert] | None) -> dict[str, Any]:
    """One rollout. Times are ISO 8601 in UTC, weights in percent.

    `alerts` are those of the model that fire; None where nobody can tell.
    """
    state = page.state
    if state is None:
        return {"model": model, "state": None}
    return {
        "model": model,
        "headline": headline(model, page),
        "state": _state(state),
        "steps": list(page.plan.steps),
        "windowSeconds": page.plan.window.total_seconds(),
        "evidence": evidence(page),
        "alerts": None if alerts is None else [asdict(alert) for alert in alerts],
        **_path(page),
        "entries": [_entry(entry) for entry in reversed(page.entries[-MOST_ENTRIES:])],
    }


def _path(page: Page) -> dict[str, Any]:
    """E values over time (Unix seconds), and what they are on their way to."""
    if page.judge is None:
        return {"path": [], "bounds": {}}
    judge = from_json(page.judge)
    points = [
        {"t": point.t, "rollback": _number(point.rollback), "promote": _number(point.promotion)}
        for point in path(judge)
    ]
    settings = judge.settings
    return {
        "path": points,
        "bounds": {"rollback": 1 / settings.alpha, "promote": 1 / settings.beta},
    }


def _number(log: float) -> float:
    """An E value from its logarithm; beyond what a double holds it is only said to be huge."""
    return exp(min(log, _LARGEST))


def _state(state: State) -> dict[str, Any]:
    return {
        "old": state.old,
        "new": state.new,
        "phase": state.phase,
        "step": state.step,
        "since": state.since.isoformat(),
        "acting": state.act is not None,
        "paused": state.paused,
        "outcome": state.outcome,
        "reason": state.reason,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "new": entry.state.new,
        "phase": entry.state.outcome or entry.state.phase,
        "step": entry.state.step,
        "reason": entry.state.reason,
        "by": entry.by,
    }
