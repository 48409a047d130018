"""What our judge has to reach, and whether these traces show that it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.exact import interval
from bench.judge.judges import ALPHA, BETA, OURS, OURS_ON_ERRORS
from bench.judge.scenarios import Scenario
from bench.judge.trials import Found

_ALONE = 2.0
"""Multiple of the theoretical limit for errors that are judged alone."""


def missed(scenario: Scenario, found: Mapping[str, Found]) -> Iterator[str]:
    """In words, each goal that is missed; of a probability, only what chance does not explain."""
    ours = found[OURS]
    if scenario.truth == "fault":
        yield from _slow(scenario, ours, scenario.within)
        if scenario.about_errors:
            alone = None if scenario.within is None else _ALONE
            yield from _slow(scenario, found[OURS_ON_ERRORS], alone)
    elif all(each.canary == each.stable for each in scenario.phases):
        yield from _frequent(scenario, ours, "rollback", ALPHA)
    if scenario.truth == "bad":
        yield from _frequent(scenario, ours, "promote", BETA)


def _slow(scenario: Scenario, found: Found, within: float | None) -> Iterator[str]:
    multiple = found.multiple()
    if within is not None and (multiple is None or multiple > within):
        shown = "never" if multiple is None else f"{multiple:.2f} times the limit"
        yield f"{scenario.name}: {shown}, not {within:g}"


def _frequent(scenario: Scenario, found: Found, decision: str, most: float) -> Iterator[str]:
    count, of = found.count(decision), len(found.outcomes)
    if interval(count, of)[0] > most:
        yield f"{scenario.name}: {decision} in {count} of {of}, not {most:.0%}"
