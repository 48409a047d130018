"""Evidence that the canary is good: without it nothing is promoted.

A test martingale against "bad answers are at least as frequent as the limit" (Wald, Ann. Math.
Stat. 16, 1945), for each dispersion. A canary passes when the evidence is enough at every
dispersion that is not refuted: what refutes one and what speaks for the canary at that one
multiply.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rollout.judge.likelihood import DISPERSIONS, count_ratio, log_sum
from rollout.judge.rollback import Bets
from rollout.judge.samples import Tally

RATES = (0.05, 0.1, 0.2, 0.4, 0.6)
"""Rates that a good canary may have, in units of the limit."""

# A clump of 15 is feared a fifteenth as much before the data speak for it: a service without errors
# never shows how its errors would clump, and has to be promoted some time.
_PRIORS = tuple(-math.log(dispersion) for dispersion in DISPERSIONS)

_REFUTED = 9.0
"""ln of the odds, 8,000 to 1, from which a dispersion counts as refuted."""

# Evidence above the bound is kept up to this, as ln: a canary that becomes bad after a good start
# soon falls below the bound, and one that is good does not with each bad answer that every version
# has.
SPARE = 3.0


@dataclass(frozen=True, slots=True)
class Merit:
    """For each of DISPERSIONS, ln of the evidence for each of RATES against the limit."""

    worth: tuple[tuple[float, ...], ...] = ((0.0,) * len(RATES),) * len(DISPERSIONS)


def earned(merit: Merit, canary: Tally, limit: float, ceiling: float) -> Merit:
    """The merit after an interval; `ceiling` is the most that is kept, as ln."""
    bad, total = canary.bad, canary.total
    rates = [(rate * limit, limit) for rate in RATES]
    worth = [
        tuple(
            [
                min(ceiling, value + count_ratio(bad, total, rate, limit, dispersion))
                for value, (rate, limit) in zip(row, rates, strict=True)
            ]
        )
        for row, dispersion in zip(merit.worth, DISPERSIONS, strict=True)
    ]
    return Merit(tuple(worth))


def absolute(merit: Merit, explained: tuple[float, ...]) -> float:
    """ln of the evidence that bad answers are rarer than the limit."""
    return _at_worst([log_sum(row) - math.log(len(row)) for row in merit.worth], explained)


def relative(bets: Bets, explained: tuple[float, ...]) -> float:
    """ln of the evidence that the canary's rate is less than MARGIN times stable's."""
    return _at_worst(list(bets.towards), explained)


def either(one: float, other: float) -> float:
    """ln of the evidence that one of two is so: the mean of both, since either would do."""
    return log_sum([one, other]) - math.log(2)


def _at_worst(logs: list[float], explained: tuple[float, ...]) -> float:
    feared = [log + prior for log, prior in zip(explained, _PRIORS, strict=True)]
    most = max(feared)
    # What the data have refuted says nothing: at a dispersion that is far too large, both arms
    # alike look as unlikely as anything else.
    return min(
        log + most - fear for log, fear in zip(logs, feared, strict=True) if fear >= most - _REFUTED
    )
