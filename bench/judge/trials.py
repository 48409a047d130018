"""Every judge on every trace."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from bench.judge.judges import JUDGES, OURS_ON_ERRORS, Outcome
from bench.judge.limit import limit
from bench.judge.scenarios import SCRAPE, Scenario
from bench.judge.traffic import simulated


@dataclass(frozen=True)
class Found:
    """What a judge made of the traces of one scenario."""

    scenario: Scenario
    outcomes: Sequence[Outcome]

    def count(self, decision: str) -> int:
        """How many traces ended so."""
        return sum(each.decision == decision for each in self.outcomes)

    def early(self) -> int:
        """Roll-backs before there was any fault."""
        return sum(
            each.decision == "rollback" and each.t <= self.scenario.begins for each in self.outcomes
        )

    def delay(self) -> float | None:
        """Mean seconds from the fault to the roll-back, of those that were."""
        delays = [
            each.t - self.scenario.begins
            for each in self.outcomes
            if each.decision == "rollback" and each.t > self.scenario.begins
        ]
        return statistics.fmean(delays) if delays else None

    def multiple(self) -> float | None:
        """The delay without two scrapes, in units of the least that is possible."""
        least, delay = limit(self.scenario), self.delay()
        if least is None or delay is None:
            return None
        return max(0.0, delay - 2 * SCRAPE) / least


Result = tuple[Scenario, Mapping[str, Found]]
"""A scenario, and by name what each judge found that was asked."""


def tried(scenarios: Iterable[Scenario], traces: int, seed: int, jobs: int) -> Iterator[Result]:
    """What came of each scenario, one after the other."""
    with ProcessPoolExecutor(jobs) as pool:
        for scenario in scenarios:
            numbers = range(traces)
            tasks = ([scenario] * traces, [seed] * traces, numbers)
            outcomes = list(pool.map(_judged, *tasks, chunksize=4))
            asked = _asked(scenario)
            yield scenario, {n: Found(scenario, [each[n] for each in outcomes]) for n in asked}


def _asked(scenario: Scenario) -> list[str]:
    """Judges by name: errors are judged alone where they show the fault."""
    return [name for name in JUDGES if name != OURS_ON_ERRORS or scenario.about_errors]


def _judged(scenario: Scenario, seed: int, number: int) -> dict[str, Outcome]:
    trace = simulated(scenario, seed, number)
    return {name: JUDGES[name](trace) for name in _asked(scenario)}
