"""What happens in the releases that are simulated, and what a judge ought to say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

SCRAPE = 15
"""Seconds between scrapes."""

SCRAPES = 240
"""In a release: an hour."""


@dataclass(frozen=True)
class Answers:
    """How a version answers. All shares are 0 to 1.

    Attributes:
        errors: share that fails; `burst`, how many fail together on average.
        slower: each takes so many times as long.
        pauses: share that takes a second more; `pause`, how many do together on average.
        poor: share beyond the quality bound.
        lost: share that the gateway fails before a pod has it.
        missing: share that never comes to this version.
    """

    errors: float = 0.001
    burst: float = 1
    slower: float = 1
    pauses: float = 0
    pause: float = 1
    poor: float = 0.02
    lost: float = 0
    missing: float = 0


SOUND = Answers()


@dataclass(frozen=True)
class Phase:
    """What is so from `at` seconds on.

    rate: requests per second of both versions together; share: the canary's.
    """

    at: int = 0
    stable: Answers = SOUND
    canary: Answers = SOUND
    rate: float = 100
    share: float = 0.1


Truth = Literal["fault", "sound", "bad"]
"""The canary is worse than stable; it is as good; it is as bad as the limits, and so is stable."""


@dataclass(frozen=True)
class Scenario:
    """A release.

    Attributes:
        truth: what a judge ought to find.
        begins: second of the step at which a fault begins.
        window: seconds that the step takes at least.
        history: seconds of stable alone before it.
        before: how stable answers then, if not as in the first phase.
        restarts: seconds at which the canary's pod begins to count from 0.
        missing: share of scrapes that fail.
        within: for a fault, the goal of the delay as a multiple of the theoretical limit.
    """

    name: str
    truth: Truth
    phases: tuple[Phase, ...]
    begins: int = 0
    window: int = SCRAPE * SCRAPES
    history: int = 3600
    before: Answers | None = None
    restarts: tuple[int, ...] = ()
    missing: float = 0
    within: float | None = None

    @property
    def about_errors(self) -> bool:
        """Whether failed requests show the fault, so that they may be judged alone."""
        return self.truth == "fault" and self.name.startswith("errors")

    def usual(self) -> Answers:
        """How stable answers before the step."""
        return self.phases[0].stable if self.before is None else self.before

    def share_at(self, t: float) -> float:
        """The canary's configured share, of requests that arrive at `t` seconds."""
        return next(each.share for each in reversed(self.phases) if each.at <= max(t, 0))


def _fault(
    name: str,
    rate: float,
    canary: Answers,
    *,
    stable: Answers = SOUND,
    share: float = 0.1,
    within: float | None = None,
    restarts: tuple[int, ...] = (),
    missing: float = 0,
) -> Scenario:
    phases = (Phase(stable=stable, canary=canary, rate=rate, share=share),)
    name = f"{name}, {rate:g}/s"
    return Scenario(name, "fault", phases, within=within, restarts=restarts, missing=missing)


def _alike(
    name: str,
    rate: float,
    answers: Answers = SOUND,
    *,
    before: Answers | None = None,
    history: int = 3600,
    restarts: tuple[int, ...] = (),
    missing: float = 0,
) -> Scenario:
    phases = (Phase(stable=answers, canary=answers, rate=rate),)
    return Scenario(
        f"{name}, {rate:g}/s",
        "sound",
        phases,
        window=1800,
        history=history,
        before=before,
        restarts=restarts,
        missing=missing,
    )


def _from_minute_20(name: str, canary: Answers, within: float) -> Scenario:
    phases = (Phase(), Phase(1200, canary=canary))
    name = f"{name} from minute 20, 100/s"
    return Scenario(name, "fault", phases, begins=1200, window=1800, within=within)


def _both_for_10_min(name: str, answers: Answers) -> Scenario:
    phases = (Phase(), Phase(600, stable=answers, canary=answers), Phase(1200))
    return Scenario(f"{name} for 10 min, 100/s", "sound", phases, window=1800)


def _bad(name: str, rate: float, canary: Answers, stable: Answers | None = None) -> Scenario:
    """Without `stable`, it is as bad."""
    phases = (Phase(stable=stable or canary, canary=canary, rate=rate),)
    return Scenario(f"{name}, {rate:g}/s", "bad", phases, window=1800)


_ERRORS_2 = replace(SOUND, errors=0.02)
_ERRORS_HALF = replace(SOUND, errors=0.005)
_SECOND = replace(SOUND, pauses=0.02)
_BURSTS = replace(SOUND, errors=0.005, burst=5)
_PAUSES = replace(SOUND, pauses=0.02, pause=10)
_EVERY_3_MIN = tuple(range(180, 3600, 180))

FAULTS = (
    *(_fault("errors 0.1 to 2%", rate, _ERRORS_2, within=2.5) for rate in (1000, 100, 10)),
    _fault("errors 0.1 to 2%", 1, _ERRORS_2),
    *(_fault("errors 0.1 to 0.5%", rate, _ERRORS_HALF, within=2.5) for rate in (1000, 100)),
    *(_fault("2% of answers +1 s", rate, _SECOND, within=3) for rate in (1000, 100, 10)),
    *(
        _fault("all answers x 1.3", rate, replace(SOUND, slower=1.3), within=3)
        for rate in (100, 10)
    ),
    _fault("all answers x 1.5", 1, replace(SOUND, slower=1.5)),
    *(_fault("poor answers 2 to 10%", rate, replace(SOUND, poor=0.1)) for rate in (100, 10)),
    *(_fault("lost at the gateway 20%", rate, replace(SOUND, lost=0.2)) for rate in (100, 10)),
    *(
        _fault("half of its traffic is missing", rate, replace(SOUND, missing=0.5))
        for rate in (100, 10)
    ),
    _fault("all fail, half of the traffic", 0.1, replace(SOUND, errors=1), share=0.5),
    _fault("errors 0.1 to 2%, a third of scrapes missing", 100, _ERRORS_2, missing=0.33),
    _fault("errors 0.1 to 2%, a restart every 3 min", 100, _ERRORS_2, restarts=_EVERY_3_MIN),
    _fault("errors 0.5 to 5% in bursts of 5", 100, replace(_BURSTS, errors=0.05), stable=_BURSTS),
    _from_minute_20("errors 0.1 to 2%", _ERRORS_2, within=2.5),
    _from_minute_20("2% of answers +1 s", _SECOND, within=3),
    Scenario(
        "errors 0.1 to 2% from minute 20, 100 to 5/s",
        "fault",
        (Phase(), Phase(1200, canary=_ERRORS_2, rate=5)),
        begins=1200,
    ),
    Scenario(
        "errors rise by 0.3% every 5 min, 100/s",
        "fault",
        tuple(
            Phase(300 * place, canary=replace(SOUND, errors=0.001 + 0.003 * place))
            for place in range(12)
        ),
    ),
)

SOUND_ONES = (
    *(_alike("as good as stable", rate) for rate in (1000, 100, 10, 1, 0.1)),
    _alike("as good as stable, no history", 10, history=0),
    _alike("no error at all", 10, replace(SOUND, errors=0)),
    _alike("5% fail in both", 100, replace(SOUND, errors=0.05)),
    *(_alike("errors in bursts of 5", rate, _BURSTS) for rate in (1000, 100, 10)),
    _alike("errors in bursts of 30", 100, replace(_BURSTS, burst=30)),
    _alike("errors in bursts of 5, no history", 100, _BURSTS, history=0),
    _alike("bursts of 5 begin with the step", 100, _BURSTS, before=SOUND),
    *(_alike("pauses of 10 requests", rate, _PAUSES) for rate in (100, 10)),
    *(
        _alike("pauses of 10 begin with the step", rate, _PAUSES, before=SOUND)
        for rate in (100, 10)
    ),
    _alike("a third of scrapes missing", 100, missing=0.33),
    _alike("a restart every 3 min", 100, restarts=_EVERY_3_MIN),
    _both_for_10_min("3% fail in both", replace(SOUND, errors=0.03)),
    _both_for_10_min("both three times as slow", replace(SOUND, slower=3)),
    Scenario(
        "load 100 to 5 to 100/s",
        "sound",
        (Phase(), Phase(600, rate=5), Phase(1200)),
        window=1800,
    ),
    Scenario(
        "weight 5 to 20 in mid-step, 100/s",
        "sound",
        (Phase(share=0.05), Phase(600, share=0.2)),
        window=1800,
    ),
)

BAD_ONES = (
    *(_bad("1% fail in both", rate, replace(SOUND, errors=0.01)) for rate in (1000, 100, 10)),
    _bad("1% fail in both, in bursts of 5", 100, replace(_BURSTS, errors=0.01)),
    _bad("2% and 6% of answers +1 s", 10, replace(SOUND, pauses=0.06), _SECOND),
    _bad("2% and 6% of answers +1 s", 1, replace(SOUND, pauses=0.06), _SECOND),
    _bad("2% and 6% of answers poor", 1, replace(SOUND, poor=0.06), SOUND),
)

SCENARIOS = (*FAULTS, *SOUND_ONES, *BAD_ONES)
