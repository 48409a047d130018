"""Mann and Whitney's test on two histograms (Ann. Math. Stat. 18, 1947), with ties."""

from __future__ import annotations

import math
from collections.abc import Sequence


def p_value(one: Sequence[int], other: Sequence[int]) -> float:
    """Two-sided p that both samples come from one distribution; the normal approximation.

    Args:
        one, other: counts in the same buckets, from low to high. What falls into one bucket ties.
    """
    n, m = sum(one), sum(other)
    if not n or not m:
        return 1.0
    total = n + m
    below = wins = ties = 0.0
    for a, b in zip(one, other, strict=True):
        wins += b * (below + a / 2)
        below += a
        ties += (a + b) ** 3 - (a + b)
    spread = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if spread <= 0:
        return 1.0
    return math.erfc(abs(wins - n * m / 2) / math.sqrt(2 * spread))
