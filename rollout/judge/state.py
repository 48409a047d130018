"""What is known of one step: a value, which JSON keeps while nobody runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from rollout.judge.dispersion import Dispersion
from rollout.judge.ledger import Ledger
from rollout.judge.promotion import Merit
from rollout.judge.rollback import NOTHING, Bets
from rollout.judge.samples import NO_TALLY, Tallies, Tally
from rollout.judge.settings import Settings


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal in this step.

    Attributes:
        canary, stable: counts of the intervals in which the signal was followed.
        purse: money for bets that nothing was won or lost with yet.
        against: ln of what the bets are worth.
        plausible: ln of how plausible each of DISPERSIONS is, the best at 0.
    """

    bets: Bets = field(default_factory=Bets)
    merit: Merit = field(default_factory=Merit)
    canary: Tally = NO_TALLY
    stable: Tally = NO_TALLY
    purse: float = 0.0
    against: float = NOTHING
    plausible: tuple[float, ...] = Dispersion().plausible


@dataclass(frozen=True, slots=True)
class Point:
    """Evidence at one time (seconds), as natural logarithms."""

    t: float
    rollback: float
    promotion: float


@dataclass(frozen=True, slots=True)
class Judge:
    """One step as far as it is known.

    Attributes:
        ledger: raw counters, and where intervals end.
        history: how bad answers clump, by signal. It outlives the step.
        usual: what stable has counted. It outlives the step.
        signals: the signals that are or were followed, and `followed`: those that are.
        began: when both arms were first there, seconds; None before.
        now: time of the newest sample; None before the first.
        share: the canary's configured share as last told, and whether it was `steady` since the
            last interval.
        fresh: whether the newest samples ended an interval with requests to the canary.
        rollback: ln of the evidence against the canary, and `peak`, the highest it ever was.
        promotion: ln of the evidence for it, by signal.
        path: both over time, thinned out where there is much of it.
    """

    settings: Settings
    ledger: Ledger = field(default_factory=Ledger)
    history: Mapping[str, Dispersion] = field(default_factory=dict)
    usual: Tallies = field(default_factory=dict)
    signals: Mapping[str, Signal] = field(default_factory=dict)
    followed: tuple[str, ...] = ()
    began: float | None = None
    now: float | None = None
    share: float | None = None
    steady: bool = True
    fresh: bool = False
    rollback: float = 0.0
    peak: float = 0.0
    promotion: Mapping[str, float] = field(default_factory=dict)
    path: tuple[Point, ...] = ()


_JUDGE = TypeAdapter(Judge)


def to_json(judge: Judge) -> bytes:
    """The state as JSON; `from_json` gives an equal one."""
    return _JUDGE.dump_json(judge)


def from_json(text: bytes | str) -> Judge:
    """The state again. Raises ValueError that names the part that is wrong."""
    return _JUDGE.validate_json(text)


def next_step(judge: Judge, settings: Settings) -> Judge:
    """The state at the start of another step: it knows the series and how bad answers clump.

    What was proved for one weight does not count for the next.
    """
    return Judge(
        settings,
        Ledger(judge.ledger.series, closed=judge.ledger.closed, sources=judge.ledger.sources),
        judge.history,
        judge.usual,
        began=judge.ledger.closed,
        now=judge.now,
        share=judge.share,
        steady=False,
    )
