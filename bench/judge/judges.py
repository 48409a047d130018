"""Ours, and judges of other kinds: each finds when a canary is taken back, if it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.judge.scenarios import SCRAPE, SCRAPES
from bench.judge.traffic import BOUNDS, Counted, Trace
from rollout.judge.evidence import verdict
from rollout.judge.judge import fed
from rollout.judge.samples import ERRORS, Sample
from rollout.judge.settings import Settings
from rollout.judge.state import Judge

ALPHA = BETA = 0.01

OURS, OURS_ON_ERRORS = "ours", "ours, errors alone"

# What the others are given: the objectives of the stack file. 0.5 s is 1.5 times the 99th
# percentile of a sound answer.
_ERROR_RATIO, _LATENCY = 0.01, 0.5

_MINUTE = 60 // SCRAPE


@dataclass(frozen=True)
class Outcome:
    """What became of a release, at `t` seconds into the step."""

    decision: Literal["promote", "hold", "rollback"]
    t: float


def ours(trace: Trace) -> Outcome:
    """All signals together."""
    return _ours(trace, lambda samples: samples, shares=True)


def ours_on_errors(trace: Trace) -> Outcome:
    """Failed requests alone, which is what the theoretical limit is computed for."""
    return _ours(trace, _errors_alone, shares=False)


def _errors_alone(samples: list[Sample]) -> list[Sample]:
    return [
        replace(each, tallies={ERRORS: each.tallies[ERRORS]})
        for each in samples
        if ERRORS in each.tallies
    ]


def _ours(trace: Trace, chosen: Callable[[list[Sample]], list[Sample]], *, shares: bool) -> Outcome:
    judge = Judge(Settings(alpha=ALPHA, beta=BETA, window=trace.scenario.window))
    for t, samples in trace.scrapes():
        judge = fed(judge, chosen(samples), trace.scenario.share_at(t) if shares else None)
        if t > 0 and (found := verdict(judge)).decision != "hold":
            return Outcome(found.decision, t)
    return Outcome("hold", SCRAPE * SCRAPES)


def rule(trace: Trace) -> Outcome:
    """An alert rule: more than 1% over 5 minutes, for 5 minutes."""
    failing = 0
    for end in range(1, SCRAPES + 1):
        failing = failing + 1 if _exceeds(trace.canary, max(0, end - 5 * _MINUTE), end) else 0
        if failing > 5 * _MINUTE:
            return Outcome("rollback", end * SCRAPE)
    return _not_taken_back(trace)


def flagger_like(trace: Trace) -> Outcome:
    """Five failed checks of the last minute; a minute without a request is one."""
    return _checks(trace, window=_MINUTE, limit=5)


def argo_like(trace: Trace) -> Outcome:
    """Four failed checks, each minute, of the last five; without a request one fails."""
    return _checks(trace, window=5 * _MINUTE, limit=4)


def mann_whitney(trace: Trace) -> Outcome:
    """Every ten minutes the canary's minutes against stable's, at 98%, as Kayenta's judge does."""
    metrics = [
        tuple(_by_minute(measured, arm) for arm in (trace.canary, trace.stable))
        for measured in (_failed, _seconds)
    ]
    for minutes in range(10, SCRAPES // _MINUTE + 1, 10):
        if any(higher(canary[:minutes], stable[:minutes]) < 0.01 for canary, stable in metrics):
            return Outcome("rollback", minutes * 60)
    return _not_taken_back(trace)


JUDGES: Mapping[str, Callable[[Trace], Outcome]] = {
    OURS: ours,
    OURS_ON_ERRORS: ours_on_errors,
    "rule, 5 min for 5 min": rule,
    "like Flagger": flagger_like,
    "like Argo Rollouts": argo_like,
    "Mann-Whitney": mann_whitney,
}


def higher(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """One-sided p of a Mann-Whitney test that `one` is higher: normal, corrected for ties."""
    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    n, m = one.size, other.size
    if not n or not m:
        return 1.0
    _, place, ties = np.unique(
        np.concatenate([one, other]), return_inverse=True, return_counts=True
    )
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    u = ranks[:n].sum() - n * (n + 1) / 2
    whole = n + m
    variance = n * m / 12 * (whole + 1 - (ties**3 - ties).sum() / (whole * (whole - 1)))
    if variance <= 0:
        return 1.0
    z = (u - n * m / 2 - 0.5) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2))


def _checks(trace: Trace, window: int, limit: int) -> Outcome:
    failed = 0
    for end in range(_MINUTE, SCRAPES + 1, _MINUTE):
        start = max(0, end - window)
        asked = trace.canary.requests[start:end].sum() + trace.canary.lost[start:end].sum()
        failed += not asked or _exceeds(trace.canary, start, end)
        if failed == limit:
            return Outcome("rollback", end * SCRAPE)
    return _not_taken_back(trace)


def _exceeds(arm: Counted, start: int, end: int) -> bool:
    """Whether more than 1% failed or were slower than the objective, from scrape to scrape."""
    lost, requests = arm.lost[start:end].sum(), arm.requests[start:end].sum()
    slow = requests - arm.below[BOUNDS.index(_LATENCY), start:end].sum()
    failed = arm.errors[start:end].sum() + lost
    return bool(failed > _ERROR_RATIO * (requests + lost) or slow > _ERROR_RATIO * requests)


def _not_taken_back(trace: Trace) -> Outcome:
    """These judges pass what they do not fail."""
    return Outcome("promote", trace.scenario.window)


def _by_minute(measured: Callable[[Counted], Iterator[float]], arm: Counted) -> NDArray[np.float64]:
    return np.array(list(measured(arm)))


def _minutes(arm: Counted) -> Iterator[slice]:
    for start in range(0, arm.requests.size, _MINUTE):
        yield slice(start, start + _MINUTE)


def _failed(arm: Counted) -> Iterator[float]:
    for minute in _minutes(arm):
        bad, lost = arm.errors[minute].sum(), arm.lost[minute].sum()
        asked = arm.requests[minute].sum() + lost
        yield (bad + lost) / asked if asked else math.nan


def _seconds(arm: Counted) -> Iterator[float]:
    """Mean seconds, as the buckets show it."""
    edges = np.array([0.0, *BOUNDS])
    middles = (edges[1:] + edges[:-1]) / 2
    for minute in _minutes(arm):
        counts = np.diff(arm.below[:, minute].sum(axis=1), prepend=0)
        yield float(counts @ middles / counts.sum()) if counts.sum() else math.nan
