"""Simulated traces: counters of a stable and a canary arm, scraped every 15 s."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

SCRAPE = 15
BOUNDS = (0.1, 0.5, 1.0)
HEADER = "t,arm,requests,errors,le_0.1,le_0.5,le_1,share,bad_confidence"


@dataclass(frozen=True)
class World:
    """What happens.

    rate: requests per second of both arms together; share: the canary's, 0 to 1.
    errors, slow, poor: shares of failed, of one second slower and of poor answers of a sound arm;
    the same with `bad_` for the canary from scrape `fault` on.
    lost: share of the canary's requests that never reach it, from `fault` on.
    restarts: scrapes before which the canary's counters begin anew.
    missing: share of rows that are not there.
    """

    rate: float = 50
    share: float = 0.1
    errors: float = 0.001
    bad_errors: float = 0.001
    slow: float = 0.01
    bad_slow: float = 0.01
    poor: float = 0.02
    bad_poor: float = 0.02
    lost: float = 0.0
    fault: int = 0
    scrapes: int = 200
    restarts: tuple[int, ...] = ()
    missing: float = 0.0


def lines(world: World, seed: int) -> Iterator[str]:
    """The rows of a trace as CSV, its header first."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    counters = {"stable": [0] * 6, "canary": [0] * 6}
    yield HEADER
    for scrape in range(world.scrapes):
        for arm, counts in counters.items():
            if arm == "canary" and scrape in world.restarts:
                counts[:] = [0] * 6
            _serve(world, arm, scrape, counts, chance)
            if chance.random() >= world.missing:
                requests, errors, *buckets, poor = counts
                cells = [requests, errors, *buckets, world.share, poor]
                yield f"{scrape * SCRAPE},{arm},{','.join(map(str, cells))}"


def _serve(world: World, arm: str, scrape: int, counts: list[int], chance: random.Random) -> None:
    bad = arm == "canary" and scrape >= world.fault
    part = world.share * (1 - world.lost * bad) if arm == "canary" else 1 - world.share
    served = _poisson(world.rate * SCRAPE * part, chance)
    for _ in range(served):
        seconds = chance.lognormvariate(-2.3, 0.5)
        seconds += chance.random() < (world.bad_slow if bad else world.slow)
        counts[0] += 1
        counts[1] += chance.random() < (world.bad_errors if bad else world.errors)
        for place, bound in enumerate(BOUNDS):
            counts[2 + place] += seconds <= bound
        counts[5] += chance.random() < (world.bad_poor if bad else world.poor)


def _poisson(mean: float, chance: random.Random) -> int:
    count, left = 0, chance.expovariate(1)
    while left < mean:
        count += 1
        left += chance.expovariate(1)
    return count
