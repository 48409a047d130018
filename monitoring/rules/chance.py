"""How far counts stray by chance, as PromQL: what keeps alerts quiet where traffic is low.

A deviation of z standard deviations and z²/3 more has, for independent requests, a probability of
at most exp(-z²/2), however few requests there are (Bernstein's inequality; see Boucheron, Lugosi,
Massart, Concentration Inequalities, 2013, theorem 2.10). A count below its mean needs no z²/3. With
z = 4 that is 3 in 10,000 for each look.
"""

from __future__ import annotations

Z = 4

LEAST_ERRORS = 5
"""Errors that make a ratio worth an alert: an objective of 1% shows as five in 500 requests."""


def below(mean: str, seconds: int) -> str:
    """How far below its mean rate a rate may be, measured over a time in seconds."""
    return f"{Z} * sqrt({mean} / {seconds})"


def around(expected: str, share: str) -> str:
    """How far a count may be from the expected one, up or down, where that is a share of all."""
    return f"({Z} * sqrt({expected} * (1 - {share})) + {Z * Z} / 3)"
