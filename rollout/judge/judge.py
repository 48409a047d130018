"""Takes raw counters as they are scraped, and adds up what they prove."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from rollout.judge.dispersion import Dispersion, learnt
from rollout.judge.ledger import Interval, entered
from rollout.judge.likelihood import log_sum
from rollout.judge.samples import ERRORS, GATEWAY, NO_TALLY, SHARE, Arm, Sample, Tallies, merged
from rollout.judge.schedule import parts, spent
from rollout.judge.signal import alone, compared, promoting, shared
from rollout.judge.state import Judge, Point, Signal

# Points of a path that are kept: between an hour and two of scrapes.
_PATH = 480


def fed(judge: Judge, samples: Iterable[Sample], share: float | None = None) -> Judge:
    """The judge after another scrape.

    Args:
        samples: the newest counters of every pod of both arms and of the gateway. Pods may come,
            go, restart and be missing; a sample that is not newer than the last one of its series
            adds nothing.
        share: the canary's configured share of the traffic now, 0 to 1; None if nothing is known
            to have changed. At 1 the canary is alone, and judged against `error_limit`.
    """
    scrape = list(samples)
    ledger, counted, interval = entered(judge.ledger, scrape, judge.settings.warm_up)
    told = judge.share if share is None else share
    times = [sample.t for sample in scrape]
    usual = judge.usual
    judge = replace(
        judge,
        ledger=ledger,
        history=_learnt(judge.history, counted),
        usual=merged([usual, counted["stable"]]),
        began=ledger.closed if judge.began is None else judge.began,
        now=max(times if judge.now is None else [judge.now, *times], default=None),
        share=told,
        # What came before both arms were there is not judged.
        steady=judge.began is None or (judge.steady and told == judge.share),
        fresh=False,
    )
    if interval is None:
        return judge
    return _judged(judge, interval, usual or merged([interval.canary, interval.stable]))


def _learnt(
    history: Mapping[str, Dispersion], counted: Mapping[Arm, Tallies]
) -> dict[str, Dispersion]:
    known = dict(history)
    for signal in {signal: None for tallies in counted.values() for signal in tallies}:
        arms = {arm: tallies[signal] for arm, tallies in counted.items() if signal in tallies}
        known[signal] = learnt(known.get(signal, Dispersion()), arms)
    return known


def _judged(judge: Judge, interval: Interval, usual: Tallies) -> Judge:
    weights = _weights(judge, interval, usual)
    money = _money(judge, interval)
    signals = {
        name: _after(judge, name, _paid(judge, name, money * weights.get(name, 0.0)), interval)
        for name in {**judge.signals, **weights}
    }
    followed = tuple(name for name in weights if name != SHARE)
    against = _worth(judge, signals, interval)
    promotion = {name: promoting(name, signals[name]) for name in followed}
    point = Point(interval.end, against, min(promotion.values(), default=0.0))
    return replace(
        judge,
        signals=signals,
        followed=followed,
        steady=True,
        fresh=interval.canary.get(ERRORS, NO_TALLY).total > 0,
        rollback=against,
        peak=max(judge.peak, against),
        promotion=promotion,
        path=_longer(judge.path, point),
    )


def _weights(judge: Judge, interval: Interval, usual: Tallies) -> dict[str, float]:
    if _is_alone(judge):
        return {ERRORS: 1.0}
    known = {SHARE: NO_TALLY} if _tells_share(judge, interval) else {}
    return parts({**usual, **known})


def _is_alone(judge: Judge) -> bool:
    return judge.share is not None and judge.share >= 1


def _tells_share(judge: Judge, interval: Interval) -> bool:
    """Whether the interval's requests show how traffic was divided, and by one known share."""
    return (
        judge.share is not None
        and 0 < judge.share < 1
        and judge.steady
        and interval.whole
        and sum(_requests(interval)) > 0
    )


def _requests(interval: Interval) -> tuple[int, int]:
    return (
        interval.canary.get(ERRORS, NO_TALLY).total,
        interval.stable.get(ERRORS, NO_TALLY).total,
    )


def _money(judge: Judge, interval: Interval) -> float:
    start, end = (_spent(judge, t) for t in (interval.start, interval.end))
    return end - start


def _spent(judge: Judge, t: float) -> float:
    began = t if judge.began is None else judge.began
    return spent(t - began, judge.settings.window)


def _paid(judge: Judge, name: str, money: float) -> Signal:
    signal = judge.signals.get(name, Signal())
    return replace(signal, purse=signal.purse + money)


def _after(judge: Judge, name: str, signal: Signal, interval: Interval) -> Signal:
    canary = interval.canary.get(name, NO_TALLY)
    stable = interval.stable.get(name, NO_TALLY)
    known, settings = judge.history.get(name, Dispersion()), judge.settings
    limit = settings.error_limit if name in (ERRORS, GATEWAY) else settings.tail_limit
    if name == SHARE:
        if not _tells_share(judge, interval):
            return signal
        assert judge.share is not None  # noqa: S101 - for the type checker
        return shared(signal, *_requests(interval), judge.share, settings)
    if not _is_alone(judge):
        return compared(signal, canary, stable, known, settings=settings, limit=limit)
    return alone(signal, canary, known, settings, limit) if name == ERRORS else signal


def _worth(judge: Judge, signals: Mapping[str, Signal], interval: Interval) -> float:
    """ln of all money: what is not bet, and what the bets are worth."""
    kept = 1 - _spent(judge, interval.end) + math.fsum(s.purse for s in signals.values())
    logs = [signal.against for signal in signals.values()]
    return log_sum([*logs, math.log(kept)] if kept > 0 else logs)


def _longer(path: tuple[Point, ...], point: Point) -> tuple[Point, ...]:
    # Every other point goes when there are too many; the newest is always there.
    return (*(path[::2] if len(path) >= _PATH else path), point)
