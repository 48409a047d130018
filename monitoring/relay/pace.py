"""How fast, and after which pause: pure, since what it decides has to survive a restart."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.relay.robots.kind import Outcome, Pace

_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True)
class Progress:
    """Where one robot stands.

    Attributes:
        tokens: messages that may be sent at once; one is given back every 60 s / `per_minute`.
        at: when `tokens` was right, seconds since the epoch.
        not_before: until when the robot is left alone.
        failures: requests in a row that were not accepted.
    """

    tokens: float
    at: float
    not_before: float = 0.0
    failures: int = 0


def wait(progress: Progress, pace: Pace, now: float) -> float:
    """Seconds until a message may be sent."""
    missing = max(0.0, 1.0 - _tokens(progress, pace, now))
    # Where the clock was set back, no pause is longer than the longest.
    pause = min(progress.not_before - now, max(pace.pause_s, _LONGEST_PAUSE_S))
    return max(missing * 60.0 / pace.per_minute, pause)


def spend(progress: Progress, pace: Pace, now: float) -> Progress:
    """One message is sent."""
    return Progress(_tokens(progress, pace, now) - 1.0, now, progress.not_before, progress.failures)


def after(progress: Progress, outcome: Outcome, pace: Pace, now: float) -> Progress:
    """An answer has come."""
    if outcome is Outcome.ACCEPTED:
        return Progress(progress.tokens, progress.at)
    if outcome is Outcome.UNSUITABLE:
        return Progress(progress.tokens, progress.at, progress.not_before, progress.failures)
    failures = progress.failures + 1
    if outcome is Outcome.SLOW_DOWN:
        pause = pace.pause_s
    else:
        pause = min(2.0 ** min(failures - 1, 10), _LONGEST_PAUSE_S)
    return Progress(progress.tokens, progress.at, now + pause, failures)


def _tokens(progress: Progress, pace: Pace, now: float) -> float:
    # A clock that was set, forward or back, gives no more than a full bucket, and never nothing.
    passed = abs(now - progress.at)
    return min(float(pace.burst), progress.tokens + passed * pace.per_minute / 60.0)
