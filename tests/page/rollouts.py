"""Journals as a controller would have written them, with a judge that saw a simulated trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.config import Rollout
from infra.split import Split
from rollout.journal import Entry, Page
from rollout.judge.judge import fed
from rollout.judge.settings import Settings
from rollout.judge.state import Judge, to_json
from rollout.state import Act, Outcome, Phase, State
from rollout.trace import read_trace
from tests.unit.rollout.traces import World, lines

BEGAN = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PLAN = Rollout.model_validate({"steps": [5, 20, 50, 100], "window": "10m", "minRequests": 100})
FAULT = World(bad_errors=0.03, share=0.2, fault=12, scrapes=24, rate=20)
SOUND = World(share=0.2, scrapes=24, rate=20)
ALERT: dict[str, Any] = {
    "labels": {"alertname": "HighModelErrorRate", "severity": "critical", "version": "v1.2"},
    "annotations": {"summary": "3% of the requests of ocr v1.2 fail"},
    "startsAt": "2026-11-24T09:41:00.000Z",
}

_BEGUN = State("v1.1", "v1.2", Phase.PREFLIGHT, BEGAN, reason="begun")
_DEPLOYED = replace(_BEGUN, phase=Phase.TESTERS, reason="deployed at 0%")
_FIVE = replace(_BEGUN, phase=Phase.STEP, step=0, reason="to 5%")
AT_20 = replace(_BEGUN, phase=Phase.STEP, step=1, reason="to 20%: every signal has shown it")
BACK = replace(
    AT_20,
    phase=Phase.BACK,
    act=Act("patch", Split("v1.1", {"v1.2": 0})),
    reason="worse than errors: 31 of 1009 in the canary, 4 of 3991 in stable",
)


def journal(*last: State, trace: World = SOUND) -> Page:
    """A rollout that came to 20% and then on to `last`."""
    states = [_BEGUN, _DEPLOYED, _FIVE, AT_20, *last]
    entries = tuple(
        Entry(BEGAN + timedelta(minutes=3 * at), "host-1", state, {})
        for at, state in enumerate(states)
    )
    return Page(states[-1], PLAN, "host-1", _judged(trace), entries)


def ended(outcome: Outcome) -> State:
    """The end of a rollout that was taken back, or came through."""
    back = outcome is Outcome.ROLLED_BACK
    return replace(BACK if back else AT_20, phase=Phase.DONE, act=None, outcome=outcome)


def _judged(trace: World) -> str:
    judge = Judge(Settings(window=600, min_requests=100))
    for scrape in read_trace(lines(trace, seed=7)):
        judge = fed(judge, scrape.samples, scrape.share)
    return to_json(judge).decode()
