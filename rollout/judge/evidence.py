"""From what is known to a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rollout.judge.likelihood import DISPERSIONS
from rollout.judge.samples import ERRORS
from rollout.judge.state import Judge, Point, Signal
from rollout.judge.verdict import Decision, Need, SignalEvidence, Verdict

# While the evidence against the canary is above the square root of what a roll-back takes, more of
# it may be on the way: nothing goes up.
_CALM = 0.5

# A dispersion that explains the data e^3 times worse than the best is not reported as plausible.
_PLAUSIBLE = -3.0

# The largest number of JSON has e^709; evidence beyond all doubt needs no digits.
_LARGEST = 690.0


def verdict(judge: Judge) -> Verdict:
    """What to do with the step, and why. A roll-back stays one."""
    needs = tuple(_needs(judge))
    taken_back = judge.peak >= -math.log(judge.settings.alpha)
    decision: Decision = "rollback" if taken_back else "hold" if needs else "promote"
    signals = sorted(_signals(judge), key=lambda signal: -signal.rollback)
    return Verdict(
        t=judge.now or 0.0,
        decision=decision,
        signal=signals[0].signal if taken_back else next((n.signal for n in needs), ""),
        elapsed=_elapsed(judge),
        requests=_requests(judge),
        rollback=_number(judge.rollback),
        rollback_at=1 / judge.settings.alpha,
        promotion=_number(min(judge.promotion.values(), default=0.0)),
        promotion_at=1 / judge.settings.beta,
        share=judge.share,
        needs=() if taken_back else needs,
        signals=tuple(signals),
        late=judge.ledger.late,
        restarts=judge.ledger.restarts,
    )


def path(judge: Judge) -> tuple[Point, ...]:
    """Both kinds of evidence over time, as natural logarithms.

    A roll-back takes ln 1/alpha, a promotion ln 1/beta.
    """
    return judge.path


def _needs(judge: Judge) -> Iterator[Need]:
    settings = judge.settings
    if not judge.fresh:
        yield Need("data", "", 0, 1)
    if _elapsed(judge) < settings.window:
        yield Need("window", "", _elapsed(judge), settings.window)
    if _requests(judge) < settings.min_requests:
        yield Need("requests", "", _requests(judge), settings.min_requests)
    if judge.rollback > -_CALM * math.log(settings.alpha):
        strongest = max(judge.signals, key=lambda name: judge.signals[name].against)
        yield Need("calm", strongest, _number(judge.rollback), settings.alpha**-_CALM)
    for name, promotion in judge.promotion.items():
        if promotion < -math.log(settings.beta):
            yield Need("evidence", name, _number(promotion), 1 / settings.beta)


def _elapsed(judge: Judge) -> float:
    return 0.0 if judge.began is None or judge.now is None else judge.now - judge.began


def _requests(judge: Judge) -> int:
    return judge.signals[ERRORS].canary.total if ERRORS in judge.signals else 0


def _signals(judge: Judge) -> Iterator[SignalEvidence]:
    for name, signal in judge.signals.items():
        promotion = judge.promotion.get(name)
        yield SignalEvidence(
            signal=name,
            canary=signal.canary,
            stable=signal.stable,
            rollback=_number(signal.against),
            promotion=None if promotion is None else _number(promotion),
            dispersion=_plausible(signal),
        )


def _plausible(signal: Signal) -> tuple[float, float]:
    plausible = [
        dispersion
        for dispersion, log in zip(DISPERSIONS, signal.plausible, strict=True)
        if log >= _PLAUSIBLE
    ]
    return plausible[0], plausible[-1]


def _number(log: float) -> float:
    """Evidence from its logarithm, to as many digits as anybody reads."""
    return float(f"{math.exp(min(log, _LARGEST)):.4g}")
