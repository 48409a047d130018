"""Evidence that the canary is worse than stable, valid at every look.

For each dispersion phi the bets on several ratios of the canary's rate to stable's are a test
martingale under "no worse": the likelihood of how the bad answers split between the arms, over
their likelihood if both arms fail alike. phi is not known. So what the bets at all phi are worth is
weighed by how well each phi explains the data, and divided by the best explanation without a worse
canary: an e-process for every phi at once (universal inference: Wasserman, Ramdas & Balakrishnan,
PNAS 117, 2020). Ville's inequality then bounds by alpha the probability that a canary that is no
worse ever reaches 1/alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rollout.judge.dispersion import floored
from rollout.judge.likelihood import (
    DISPERSIONS,
    Shares,
    concentration,
    count_ratio,
    log_add,
    log_sum,
    split,
)
from rollout.judge.samples import Tally

RATIOS = (1.5, 3.0, 8.0, 30.0, 1e4)
"""Ratios of the canary's rate of bad answers to stable's that are bet on, up to "only there"."""

MARGIN = 3.0
"""Ratio, one of RATIOS, at which a canary is bad enough not to be promoted."""

_AT_MARGIN = RATIOS.index(MARGIN)

# Most services' errors come one by one, and a fault is to be found there first.
_PRIORS = (0.76, *[0.04] * 6)

# The step itself makes a dispersion at most e^8 times less plausible, so that bad answers may begin
# to clump in its midst.
_FLOOR = -8.0

NOTHING = -1e9
"""ln of money that is not there; JSON cannot write the infinite one."""


@dataclass(frozen=True, slots=True)
class Bets:
    """The bets on one signal. All values are natural logarithms.

    Attributes:
        worth: for each of DISPERSIONS, what is owned on each of RATIOS.
        fits: how well each dispersion, weighed by its prior, explains how bad answers split.
        nulls: the same without priors, at the dispersion that explains best up to now and may
            change: none falls too far below the best.
        towards: for each dispersion, evidence that the ratio is 1 and not MARGIN.
    """

    worth: tuple[tuple[float, ...], ...] = ((NOTHING,) * len(RATIOS),) * len(DISPERSIONS)
    fits: tuple[float, ...] = tuple(math.log(prior) for prior in _PRIORS)
    nulls: tuple[float, ...] = (0.0,) * len(DISPERSIONS)
    towards: tuple[float, ...] = (0.0,) * len(DISPERSIONS)


def staked(bets: Bets, money: float) -> Bets:
    """The bets with so much more on a fault that begins now, spread evenly over the ratios."""
    if money <= 0:
        return bets
    stake = math.log(money / len(RATIOS))
    worth = tuple([tuple([log_add(value, stake) for value in row]) for row in bets.worth])
    return Bets(worth, bets.fits, bets.nulls, bets.towards)


def settled(
    bets: Bets, canary: Tally, stable: Tally, *, expected: Shares, rate: float, ceiling: float
) -> Bets:
    """The bets after an interval.

    Args:
        expected: shares of the bad answers of a canary, and of stable, if it is just no worse.
        rate: bad answers per answer that is usual.
        ceiling: most evidence that is kept towards promotion, as ln: a canary that becomes bad
            later must not live on old merits.
    """
    found = canary.bad + stable.bad
    usual = rate * (canary.total + stable.total)
    ratios = [expected, *(expected.times(ratio) for ratio in RATIOS)]
    worth, fits, nulls, towards = [], [], [], []
    for row, fit, null, merit, dispersion in zip(
        bets.worth, bets.fits, bets.nulls, bets.towards, DISPERSIONS, strict=True
    ):
        size = concentration(usual, found, dispersion)
        alike, *others = split(canary.bad, stable.bad, ratios, size)
        won = [other - alike for other in others]
        worth.append(tuple([value + gain for value, gain in zip(row, won, strict=True)]))
        fits.append(fit + alike)
        nulls.append(null + alike)
        towards.append(min(merit - won[_AT_MARGIN], ceiling))
    best = max(nulls)
    return Bets(
        tuple(worth),
        tuple(fit - best for fit in fits),
        floored(nulls, _FLOOR, rate),
        tuple(towards),
    )


def settled_alone(bets: Bets, canary: Tally, limit: float) -> Bets:
    """The bets after an interval in which all traffic was the canary's: against `limit` itself."""
    worth = tuple(
        tuple(
            value + count_ratio(canary.bad, canary.total, min(ratio * limit, 0.99), limit, phi)
            for value, ratio in zip(row, RATIOS, strict=True)
        )
        for row, phi in zip(bets.worth, DISPERSIONS, strict=True)
    )
    return Bets(worth, bets.fits, bets.nulls, bets.towards)


def evidence(bets: Bets, plausible: tuple[float, ...]) -> float:
    """ln of what the bets are worth.

    Args:
        plausible: ln of how plausible each dispersion is by stable's history.
    """
    owned = [
        log_sum(row) + fit + known
        for row, fit, known in zip(bets.worth, bets.fits, plausible, strict=True)
    ]
    return log_sum(owned) - max(_sums(bets.nulls, plausible))


def explained(bets: Bets, plausible: tuple[float, ...]) -> tuple[float, ...]:
    """ln of how plausible each dispersion is by all that is known, the best at 0."""
    sums = _sums(bets.nulls, plausible)
    return tuple(value - max(sums) for value in sums)


def _sums(nulls: tuple[float, ...], plausible: tuple[float, ...]) -> list[float]:
    return [null + known for null, known in zip(nulls, plausible, strict=True)]
