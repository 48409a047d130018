"""Exact bounds of a probability from how often something happened."""

from __future__ import annotations

import math
from collections.abc import Callable


def interval(found: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper bound (Clopper & Pearson, Biometrika 26, 1934)."""
    tail = (1 - confidence) / 2
    low = _root(lambda p: 1 - _at_most(found - 1, of, p) - tail) if found else 0.0
    high = _root(lambda p: tail - _at_most(found, of, p)) if found < of else 1.0
    return low, high


def _at_most(found: int, of: int, p: float) -> float:
    return math.fsum(math.comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(found + 1))


def _root(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return low
