"""What a bet on the canary being worse is worth, by when it is made and on which signal.

The judge has one unit of money for a step and bets it, part by part, on faults that begin now. What
it owns is an e-value whatever the parts are, as long as they are not chosen by what they are going
to win.
"""

from __future__ import annotations

from collections.abc import Mapping

from rollout.judge.samples import BAD, ERRORS, GATEWAY, SHARE, SLOWER, Tallies, Tally

# A canary that is bad is bad from its first request more often than not; the rest is for faults
# that begin within the window, and some for those after it.
_AT_ONCE, _IN_WINDOW = 0.4, 0.5

# Errors and latency are what most faults show in. A canary that gets no traffic is seen at once
# with however little. A signal at share s is found ln(1/s) later, in units of ln(1/alpha) = 4.6.
_FAMILIES: Mapping[str, float] = {ERRORS: 6.0, SLOWER: 7.0, BAD: 2.0, GATEWAY: 1.5, SHARE: 0.5}


def spent(elapsed: float, window: float) -> float:
    """Part of the money that is bet on faults that begin up to `elapsed` seconds into the step."""
    if elapsed <= 0:
        return 0.0
    if elapsed < window:
        return _AT_ONCE + _IN_WINDOW * elapsed / window
    # Never runs out: what is left halves each time that the time since the start doubles.
    return 1 - (1 - _AT_ONCE - _IN_WINDOW) * window / elapsed


def family(signal: str) -> str:
    """What a signal is about: errors, latency, quality, the gateway or the share of traffic."""
    return next(name for name in _FAMILIES if signal.startswith(name))


def parts(counts: Tallies) -> dict[str, float]:
    """Part of a bet that goes to each signal; they add up to 1.

    Args:
        counts: the signals that there are, with counts that do not tell which arm is worse: those
            of stable up to now, or at first both arms together.
    """
    members: dict[str, list[str]] = {}
    for signal in counts:
        members.setdefault(family(signal), []).append(signal)
    if SLOWER in members:
        members[SLOWER] = telling_bounds({name: counts[name] for name in members[SLOWER]})
    whole = sum(_FAMILIES[name] for name in members)
    return {
        signal: _FAMILIES[name] / whole / len(signals)
        for name, signals in members.items()
        for signal in signals
    }


def telling_bounds(counts: Mapping[str, Tally]) -> list[str]:
    """Bounds of latency of which none nearly repeats another, from low to high.

    The lowest one that at most half of the requests exceed, then each that at most a third as many
    exceed as the one before, down to the first that none does: what is slower still exceeds that
    one as well.
    """
    rising = sorted(counts, key=lambda signal: float(signal.removeprefix(SLOWER)))
    chosen: list[str] = []
    most = 0.5
    for signal in rising:
        bad, total = counts[signal].bad, counts[signal].total
        if total and bad <= most * total:
            chosen.append(signal)
            most = bad / total / 3
        if chosen and not bad:
            break
    return chosen or rising[-1:]
