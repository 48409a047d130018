"""How soon any judge could know: the least mean delay of a test of level alpha."""

from __future__ import annotations

import math

from bench.judge.judges import ALPHA
from bench.judge.scenarios import Answers, Phase, Scenario
from bench.judge.traffic import slow_shares


def limit(scenario: Scenario) -> float | None:
    """Seconds; None where no rate is constant or bad answers come in clumps.

    ln(1/alpha) over the information of a second: that of the most telling signal.
    Source: Wald 1945; for two arms with a common rate, r_c KL(p1, p) + r_b KL(p0, p), p the pooled
    rate.
    """
    fault = scenario.phases[-1]
    steady = all(
        (each.stable, each.canary) in ((fault.stable, fault.stable), (fault.stable, fault.canary))
        for each in scenario.phases
    )
    if not steady or fault.canary.burst > 1 or fault.canary.pause > 1:
        return None
    kept = 1 - scenario.missing
    return -math.log(ALPHA) / (kept * information(fault))


def information(phase: Phase) -> float:
    """Nats per second of the signal that tells most."""
    here = phase.rate * phase.share
    there = phase.rate - here
    arrive = (here * (1 - phase.canary.missing), there)
    rates = zip(_bad_shares(phase.canary), _bad_shares(phase.stable), strict=True)
    told = [
        arrive[0] * _divergence(canary, pooled) + arrive[1] * _divergence(stable, pooled)
        for canary, stable in rates
        for pooled in [(arrive[0] * canary + arrive[1] * stable) / sum(arrive)]
    ]
    missed = sum(arrive) * _divergence(arrive[0] / sum(arrive), phase.share)
    return max(*told, missed)


def _bad_shares(answers: Answers) -> list[float]:
    return [answers.errors, answers.lost, answers.poor, *map(float, slow_shares(answers))]


def _divergence(p: float, q: float) -> float:
    """Kullback and Leibler's, of two coins."""
    if p == q:
        return 0.0
    parts = ((p, q), (1 - p, 1 - q))
    return sum(one * math.log(one / other) for one, other in parts if one > 0)
