"""Both arms over the same time: the intervals that are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rollout.judge.counters import Increase, Series, advanced, opened
from rollout.judge.samples import ARMS, Arm, Sample, Tallies, merged

# Seconds after which a series that went silent is a pod that is gone.
_FORGOTTEN = 3600.0

# A first sample, or one of a pod that warms up: seen, but nothing counted yet.
_NOTHING = Increase({}, whole=False)


@dataclass(frozen=True, slots=True)
class Pending:
    """What an arm counted since the last interval.

    Attributes:
        series: what has reported, up to `end` in seconds; None for nothing.
        whole: nothing that was counted is missing.
    """

    tallies: Tallies = field(default_factory=dict)
    series: frozenset[str] = frozenset()
    end: float | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Interval:
    """What both arms counted in the same time.

    Attributes:
        start, end: seconds.
        whole: nothing that was counted in this time is missing, in either arm.
    """

    start: float
    end: float
    canary: Tallies
    stable: Tallies
    whole: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The series of both arms, and what was counted since the last interval.

    An interval ends when both arms have reported. While one of them is silent, what the other
    counts is kept: a gap in the metrics is nobody's fault, and no evidence is lost by it.

    Attributes:
        closed: end of the last interval in seconds; None until both arms were seen once.
        sources: the series that the last interval was made of.
        late: samples that came after a newer one of their series. They add nothing.
        restarts: counters that fell.
    """

    series: Mapping[str, Series] = field(default_factory=dict)
    canary: Pending = field(default_factory=Pending)
    stable: Pending = field(default_factory=Pending)
    closed: float | None = None
    sources: frozenset[str] = frozenset()
    late: int = 0
    restarts: int = 0


def entered(
    ledger: Ledger, samples: Iterable[Sample], warm_up: float
) -> tuple[Ledger, dict[Arm, Tallies], Interval | None]:
    """The ledger with new samples, what each arm counted in them, and the interval they end.

    Args:
        warm_up: seconds after its first sample in which a series is only watched.
    """
    series = dict(ledger.series)
    found: dict[Arm, list[tuple[str, float, Increase]]] = {"canary": [], "stable": []}
    late = restarts = 0
    for sample in sorted(samples, key=lambda sample: sample.t):
        known = series.get(sample.series)
        if known is None:
            series[sample.series] = opened(sample)
            found[sample.arm].append((sample.series, sample.t, _NOTHING))
        elif sample.t > known.last.t:
            series[sample.series], increase = advanced(known, sample)
            restarts += not increase.whole
            warm = sample.t - known.first >= warm_up
            found[sample.arm].append((sample.series, sample.t, increase if warm else _NOTHING))
        else:
            # The newest sample once more is a scrape that did not happen.
            late += sample.t < known.last.t
    ledger = Ledger(
        _recent(series),
        canary=_added(ledger.canary, found["canary"]),
        stable=_added(ledger.stable, found["stable"]),
        closed=ledger.closed,
        sources=ledger.sources,
        late=ledger.late + late,
        restarts=ledger.restarts + restarts,
    )
    counted: dict[Arm, Tallies] = {
        arm: merged(increase.tallies for _, _, increase in found[arm]) for arm in ARMS
    }
    closed, interval = _closed(ledger)
    return closed, counted, interval


def _recent(series: dict[str, Series]) -> dict[str, Series]:
    newest = max((known.last.t for known in series.values()), default=0.0)
    return {name: known for name, known in series.items() if newest - known.last.t <= _FORGOTTEN}


def _added(pending: Pending, found: list[tuple[str, float, Increase]]) -> Pending:
    return Pending(
        merged([pending.tallies, *(increase.tallies for _, _, increase in found)]),
        pending.series.union(name for name, _, _ in found),
        max((t for _, t, _ in found), default=pending.end),
        pending.whole and all(increase.whole for _, _, increase in found),
    )


def _closed(ledger: Ledger) -> tuple[Ledger, Interval | None]:
    canary, stable = ledger.canary, ledger.stable
    if canary.end is None or stable.end is None:
        # Before the canary is there, stable's counts belong to no interval.
        return (replace(ledger, stable=Pending()) if _alone(ledger) else ledger), None
    sources = canary.series | stable.series
    end = max(canary.end, stable.end)
    after = replace(ledger, canary=Pending(), stable=Pending(), closed=end, sources=sources)
    if ledger.closed is None:
        return after, None
    whole = canary.whole and stable.whole and sources == ledger.sources
    return after, Interval(ledger.closed, end, canary.tallies, stable.tallies, whole)


def _alone(ledger: Ledger) -> bool:
    return ledger.closed is None and not ledger.canary.series
