"""How probable it is that bad answers fall as they did, when they come in clumps.

Bad answers come in incidents: a pause, a lost connection, a broken page hit several requests at
once. Counts of such incidents are negative binomial: variance over mean is the dispersion (phi) at
every amount of traffic. Given how many bad answers there were, the way they split between two parts
of the traffic is then beta-binomial with concentration s = m / (phi - 1), m the number that was to
be expected: at phi = 1 each falls for itself, which is the binomial; at m far below phi all of them
are one incident and fall together. (Johnson, Kemp & Kotz, Univariate Discrete Distributions, 2005,
sections 5.3 and 6.2.2.) Everything here is a natural logarithm, without binomial coefficients,
which cancel wherever two of these are compared.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from math import lgamma, log
from typing import NamedTuple

DISPERSIONS = (1.0, 1.5, 3.0, 6.0, 15.0, 40.0, 120.0)
"""Dispersions that are told apart; a value in between is close enough to one of them."""

# Bad answers that one incident hardly ever exceeds.
_LARGEST_INCIDENT = 100

# Above this the difference of two logarithms of gamma loses digits.
_LARGE = 1e4


def rise(a: float, count: int) -> float:
    """ln of a (a + 1) … (a + count - 1), a > 0."""
    if count <= 1:
        return log(a) if count else 0.0
    if a < _LARGE:
        return lgamma(a + count) - lgamma(a)
    # Stirling's formula for both, subtracted before anything large is added.
    growth = (a + count - 0.5) * math.log1p(count / a) - count
    return count * log(a) + growth - count / (12 * a * (a + count))


class Shares(NamedTuple):
    """How traffic, or what went wrong in it, divides in two; the parts add up to 1.

    Both are kept, since 1 - `here` has no digits left where `here` is nearly everything.
    """

    here: float
    there: float

    def times(self, ratio: float) -> Shares:
        """The shares when `here` counts `ratio` times."""
        whole = ratio * self.here + self.there
        return Shares(ratio * self.here / whole, self.there / whole)


def shares(here: int, there: int) -> Shares:
    """The shares of two counts above 0."""
    return Shares(here / (here + there), there / (here + there))


def split(here: int, there: int, expected: Iterable[Shares], size: float) -> list[float]:
    """ln P(`here` and `there` fall as they do), given their sum, for each of `expected`.

    Args:
        expected: shares that are expected, above 0.
        size: concentration s; infinite for the binomial.
    """
    if size == math.inf:
        return [here * log(share.here) + there * log(share.there) for share in expected]
    together = rise(size, here + there)
    return [
        rise(size * share.here, here) + rise(size * share.there, there) - together
        for share in expected
    ]


def concentration(expected: float, found: int, dispersion: float) -> float:
    """s of the beta-binomial; infinite for a dispersion of 1.

    Args:
        expected: number of bad answers that was to be expected.
        found: number there was. However unexpected, it is no single incident far above the
            largest that is thought possible.
    """
    return math.inf if dispersion == 1 else expected / (dispersion - 1) + found / _LARGEST_INCIDENT


def count_ratio(bad: int, total: int, rate: float, limit: float, dispersion: float) -> float:
    """ln of how much likelier `bad` of `total` are at `rate` than at `limit`, both 0 to 1."""
    good = total - bad if dispersion == 1 else total
    ratio = good * without(rate, limit, dispersion)
    if not bad:
        return ratio
    if dispersion == 1:
        return ratio + bad * log(rate / limit)
    size = total / (dispersion - 1)
    return ratio + rise(size * rate, bad) - rise(size * limit, bad)


@functools.cache
def without(rate: float, limit: float, dispersion: float) -> float:
    """ln of how much likelier one answer that is not bad is at `rate` than at `limit`."""
    if dispersion == 1:
        return log((1 - rate) / (1 - limit))
    return (limit - rate) * log(dispersion) / (dispersion - 1)


def log_sum(values: Iterable[float]) -> float:
    """ln of the sum of exponentials."""
    logs = list(values)
    top = max(logs)
    return top + log(sum([math.exp(value - top) for value in logs]))


def log_add(one: float, other: float) -> float:
    """ln of the sum of two exponentials."""
    top, low = (one, other) if one > other else (other, one)
    return top + math.log1p(math.exp(low - top))
