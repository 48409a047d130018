"""When requests arrive that nobody coordinates."""

from __future__ import annotations

import random
from collections.abc import Iterator


def poisson(rate: float, seconds: float, seed: int) -> Iterator[float]:
    """Arrivals from 0 to `seconds`, independent of each other, `rate` a second on average.

    An even spacing would flatter a service: it never meets two requests at once.
    """
    rng = random.Random(seed)  # noqa: S311
    at = rng.expovariate(rate)
    while at < seconds:
        yield at
        at += rng.expovariate(rate)
