"""From raw counters to what was counted in between, through restarts, gaps and late samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.judge.samples import Sample, Tallies, Tally

# A counter that fell to more than this many times what the series ever counted in the same time is
# a sum in which one pod restarted: what is left in it was counted before.
_BELIEVABLE = 2.0


@dataclass(frozen=True, slots=True)
class Series:
    """One series as far as it is known.

    Attributes:
        first: when it was first seen, seconds.
        last: its newest sample.
        fastest: answers per second in its busiest interval, by signal.
    """

    first: float
    last: Sample
    fastest: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Increase:
    """What one series counted since its sample before; `whole` unless something is missing."""

    tallies: Tallies
    whole: bool


def opened(sample: Sample) -> Series:
    """A series at its first sample, which only says where it begins to count."""
    return Series(sample.t, sample, {})


def advanced(series: Series, sample: Sample) -> tuple[Series, Increase]:
    """The series after a newer sample, and what it counted in between.

    A counter that fell means that the process restarted, and with it all its counters: what they
    show now was counted since. What was counted between the last sample and the end of the old
    process is lost, so the increase is not whole.
    """
    before, seconds = series.last.tallies, sample.t - series.last.t
    restarted = any(
        tally.total < before[signal].total
        for signal, tally in sample.tallies.items()
        if signal in before
    )
    tallies = (
        _since_restart(series, sample, seconds)
        if restarted
        else {
            signal: _difference(before[signal], tally)
            for signal, tally in sample.tallies.items()
            if signal in before
        }
    )
    fastest = {
        **series.fastest,
        **{
            signal: max(series.fastest.get(signal, 0.0), tally.total / seconds)
            for signal, tally in tallies.items()
        },
    }
    return Series(series.first, sample, fastest), Increase(tallies, not restarted)


def _since_restart(series: Series, sample: Sample, seconds: float) -> dict[str, Tally]:
    believable = all(
        tally.total <= _BELIEVABLE * series.fastest.get(signal, 0.0) * seconds
        for signal, tally in sample.tallies.items()
    )
    return dict(sample.tallies) if believable else {}


def _difference(before: Tally, after: Tally) -> Tally:
    total = after.total - before.total
    # The parts of one scrape are read one after the other: a bad answer may show before its total.
    return Tally(min(max(0, after.bad - before.bad), total), total)
