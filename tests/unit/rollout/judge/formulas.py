"""Probabilities by their definitions, slow and plain, which the judge's must equal."""

from __future__ import annotations

import math
from collections.abc import Sequence

DISPERSIONS = (1.0, 1.5, 3.0, 6.0, 15.0, 40.0, 120.0)
"""As docs/judge.md and the papers have it: variance over mean, from one by one to 120 at once."""

EVEN = (0.0,) * len(DISPERSIONS)
"""What is said of DISPERSIONS where nothing is known."""


def urn(here: int, there: int, share: float, size: float) -> float:
    """P of one order in which `here` and `there` are drawn from Pólya's urn.

    The urn has `size` balls, `share` of them for here; each drawn one goes back with another of
    its kind. An urn of infinite size is a coin.
    """
    if size == math.inf:
        return math.pow(share, here) * math.pow(1 - share, there)
    product = 1.0
    for drawn in range(here):
        product *= size * share + drawn
    for drawn in range(there):
        product *= size * (1 - share) + drawn
    for drawn in range(here + there):
        product /= size + drawn
    return product


def negative_binomial(bad: int, mean: float, dispersion: float) -> float:
    """P of so many where variance over mean is `dispersion`, above 1."""
    size, stop = mean / (dispersion - 1), 1 / dispersion
    product = math.pow(stop, size)
    for count in range(bad):
        product *= (size + count) / (count + 1) * (1 - stop)
    return product


def binomial(bad: int, total: int, rate: float) -> float:
    """P of so many of `total` that fail one by one."""
    return math.comb(total, bad) * math.pow(rate, bad) * math.pow(1 - rate, total - bad)


def counted(bad: int, total: int, rate: float, dispersion: float) -> float:
    """P of so many bad answers at a rate and a dispersion."""
    if dispersion == 1:
        return binomial(bad, total, rate)
    return negative_binomial(bad, rate * total, dispersion)


def size_of(expected: float, found: int, dispersion: float) -> float:
    """Size of the urn: as many balls as incidents are expected, and one for each 100 found."""
    return math.inf if dispersion == 1 else expected / (dispersion - 1) + found / 100


def log_of_sum(logs: Sequence[float]) -> float:
    """ln of the sum of exponentials that are not large."""
    return math.log(math.fsum(math.exp(each) for each in logs))
