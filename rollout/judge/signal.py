"""One signal after one more interval."""

from __future__ import annotations

import math
from dataclasses import replace

from rollout.judge.dispersion import Dispersion, rate
from rollout.judge.likelihood import Shares, shares
from rollout.judge.promotion import SPARE, absolute, earned, either, relative
from rollout.judge.rollback import Bets, evidence, explained, settled, settled_alone, staked
from rollout.judge.samples import ERRORS, Tally
from rollout.judge.settings import Settings
from rollout.judge.state import Signal


def compared(
    signal: Signal,
    canary: Tally,
    stable: Tally,
    known: Dispersion,
    *,
    settings: Settings,
    limit: float,
) -> Signal:
    """The signal after an interval with both arms; `limit` is the rate from which it is bad."""
    after = _counted(signal, canary, stable, settings, limit)
    if canary.total and stable.total and canary.bad + stable.bad:
        expected = shares(canary.total, stable.total).times(settings.tolerance)
        bets = settled(
            _staked(after),
            canary,
            stable,
            expected=expected,
            rate=rate(known),
            ceiling=ceiling(settings),
        )
        after = replace(after, bets=bets, purse=0.0)
    return _weighed(after, known)


def alone(
    signal: Signal, canary: Tally, known: Dispersion, settings: Settings, limit: float
) -> Signal:
    """The signal after an interval in which all traffic was the canary's."""
    after = _counted(signal, canary, Tally(0, 0), settings, limit)
    bets = settled_alone(_staked(after), canary, limit)
    return _weighed(replace(after, bets=bets, purse=0.0), known)


def shared(signal: Signal, canary: int, stable: int, share: float, settings: Settings) -> Signal:
    """The share of traffic after an interval: requests that the canary should have had.

    Each request is one that reached stable or one that reached the canary; a canary that loses
    some has fewer than its share, less what it may miss, explains.
    """
    expected = Shares(1 - share, share).times(1 / (1 - settings.share_loss))
    to_stable, to_canary = Tally(stable, stable), Tally(canary, canary)
    bets = settled(
        _staked(signal),
        to_stable,
        to_canary,
        expected=expected,
        rate=1.0,
        ceiling=ceiling(settings),
    )
    after = replace(
        signal,
        bets=bets,
        purse=0.0,
        canary=signal.canary + Tally(canary, canary + stable),
        stable=signal.stable + Tally(stable, canary + stable),
    )
    return _weighed(after, Dispersion())


def promoting(name: str, signal: Signal) -> float:
    """ln of the evidence that the signal is good.

    Failed requests have to be rare. What is slow or poor has to be rare, or not much more frequent
    than in stable: nobody's tail is short at every bound.
    """
    rare = absolute(signal.merit, signal.plausible)
    return rare if name == ERRORS else either(rare, relative(signal.bets, signal.plausible))


def ceiling(settings: Settings) -> float:
    """ln of the most evidence for the canary that is kept."""
    return SPARE - math.log(settings.beta)


def _counted(
    signal: Signal, canary: Tally, stable: Tally, settings: Settings, limit: float
) -> Signal:
    merit = signal.merit
    if canary.total:
        merit = earned(merit, canary, limit, ceiling(settings))
    return replace(
        signal, merit=merit, canary=signal.canary + canary, stable=signal.stable + stable
    )


def _staked(signal: Signal) -> Bets:
    return staked(signal.bets, signal.purse)


def _weighed(signal: Signal, known: Dispersion) -> Signal:
    return replace(
        signal,
        against=evidence(signal.bets, known.plausible),
        plausible=explained(signal.bets, known.plausible),
    )
