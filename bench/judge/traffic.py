"""Counters of a release as Prometheus would scrape them, simulated from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.judge.scenarios import SCRAPE, SCRAPES, Answers, Phase, Scenario
from rollout.judge.samples import Arm, Sample, Tally, pod_tallies
from service.front.metrics import LATENCY_BUCKETS

BOUNDS = LATENCY_BUCKETS
"""Upper bounds in seconds."""

_MEDIAN, _SIGMA = 0.1, 0.5
"""Of a sound answer's seconds, log-normal; its 99th percentile is 0.32 s."""

_PAUSE = 1.0

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """What one arm counted in each scrape interval: arrays of the number of intervals.

    `below` has a row for each of BOUNDS, cumulative; `lost` are requests that the gateway failed
    before any pod had them.
    """

    requests: Counts
    errors: Counts
    below: Counts
    poor: Counts
    lost: Counts


@dataclass(frozen=True)
class Trace:
    """One release: `history` is stable's alone, before the step begins at t = 0.

    `seen` tells for each scrape after that whether stable and canary could be scraped.
    """

    scenario: Scenario
    history: Counted
    stable: Counted
    canary: Counted
    seen: NDArray[np.bool_]

    def scrapes(self) -> Iterator[tuple[float, list[Sample]]]:
        """Seconds and samples of each scrape, from the beginning of the history to the end."""
        start = -SCRAPE * self.history.requests.size
        stable = _counters("stable", start, _joined(self.history, self.stable), ())
        canary = _counters("canary", 0, self.canary, self.scenario.restarts)
        for t in range(start, SCRAPE * SCRAPES + 1, SCRAPE):
            arms = [next(stable)] if t < 0 else [next(stable), next(canary)]
            seen = self.seen[t // SCRAPE - 1] if t > 0 else (True, True)
            yield t, [each for arm, kept in zip(arms, seen, strict=False) if kept for each in arm]


def simulated(scenario: Scenario, seed: int, number: int) -> Trace:
    """The trace of that number; the same for the same arguments."""
    chance = np.random.default_rng([seed, number, *scenario.name.encode()])
    history = _counted(
        scenario.usual(), scenario.phases[0].rate, scenario.history // SCRAPE, chance
    )
    phases = [*scenario.phases, Phase(SCRAPE * SCRAPES)]
    stable, canary = [], []
    for phase, following in pairwise(phases):
        intervals = (following.at - phase.at) // SCRAPE
        rate = phase.rate
        stable.append(_counted(phase.stable, rate * (1 - phase.share), intervals, chance))
        canary.append(_counted(phase.canary, rate * phase.share, intervals, chance))
    seen = chance.random((SCRAPES, 2)) >= scenario.missing
    return Trace(scenario, history, _joined(*stable), _joined(*canary), seen)


def slow_shares(answers: Answers) -> NDArray[np.float64]:
    """Share of answers above each of BOUNDS."""
    usual, paused = _slow(answers), _slow(answers, _PAUSE)
    return (1 - answers.pauses) * usual + answers.pauses * paused


def _slow(answers: Answers, pause: float = 0.0) -> NDArray[np.float64]:
    """Share above each of BOUNDS of answers that take `pause` seconds more."""
    return np.array([_above(bound - pause, answers.slower) for bound in BOUNDS])


def _above(seconds: float, slower: float) -> float:
    if seconds <= 0:
        return 1.0
    return 0.5 * math.erfc(math.log(seconds / (_MEDIAN * slower)) / _SIGMA / math.sqrt(2))


def _counted(answers: Answers, rate: float, intervals: int, chance: np.random.Generator) -> Counted:
    arrived = chance.poisson(rate * SCRAPE * (1 - answers.missing), intervals)
    lost = chance.binomial(arrived, answers.lost)
    requests = arrived - lost
    errors = _clumped(requests, answers.errors, answers.burst, chance)
    paused = _clumped(requests, answers.pauses, answers.pause, chance)
    usual = _below(requests - paused, 1 - _slow(answers), chance)
    late = _below(paused, 1 - _slow(answers, _PAUSE), chance)
    poor = _clumped(requests, answers.poor, 1, chance)
    return Counted(requests, errors, usual + late, poor, lost)


def _below(total: Counts, shares: NDArray[np.float64], chance: np.random.Generator) -> Counts:
    """Cumulative counts of answers below each bound, from their cumulative shares."""
    parts = np.diff([0.0, *shares, 1.0])
    return np.cumsum(chance.multinomial(total, parts / parts.sum()), axis=1)[:, :-1].T


def _clumped(total: Counts, share: float, size: float, chance: np.random.Generator) -> Counts:
    """How many of `total` are bad, when they come in clumps of `size` on average (geometric)."""
    if size <= 1 or share == 0:
        return chance.binomial(total, share)
    clumps = chance.poisson(total * share / size)
    # The sum of n geometric sizes is n and a negative binomial.
    sizes = np.where(clumps, clumps + chance.negative_binomial(np.maximum(clumps, 1), 1 / size), 0)
    return np.minimum(sizes, total)


def _joined(*parts: Counted) -> Counted:
    return Counted(
        np.concatenate([each.requests for each in parts]),
        np.concatenate([each.errors for each in parts]),
        np.concatenate([each.below for each in parts], axis=1),
        np.concatenate([each.poor for each in parts]),
        np.concatenate([each.lost for each in parts]),
    )


def _counters(
    arm: Arm, start: int, counted: Counted, restarts: tuple[int, ...]
) -> Iterator[list[Sample]]:
    """Raw counters of a pod and of the gateway, at `start` seconds and after each interval."""
    pod, routed = np.zeros(3 + len(BOUNDS), int), np.zeros(2, int)
    yield _samples(arm, start, pod, routed)
    for place in range(counted.requests.size):
        t = start + place * SCRAPE
        if t in restarts:
            pod = np.zeros_like(pod)
        requests, errors = counted.requests[place], counted.errors[place]
        lost = counted.lost[place]
        pod += np.array([requests, errors, counted.poor[place], *counted.below[:, place]])
        routed += np.array([errors + lost, requests + lost])
        yield _samples(arm, t + SCRAPE, pod, routed)


def _samples(arm: Arm, t: float, pod: Counts, routed: Counts) -> list[Sample]:
    requests, errors, poor, *below = (int(count) for count in pod)
    bounds = {f"{bound:g}": count for bound, count in zip(BOUNDS, below, strict=True)}
    tallies = pod_tallies(requests, errors, bounds, {"confidence": poor}, requests)
    failed, through = (int(count) for count in routed)
    return [
        Sample(arm, arm, t, tallies),
        Sample(f"gateway/{arm}", arm, t, {"gateway": Tally(failed, through)}),
    ]
