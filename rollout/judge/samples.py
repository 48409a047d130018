"""What is counted: raw counters of one pod, or of the gateway, at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Arm = Literal["stable", "canary"]
ARMS: tuple[Arm, Arm] = ("stable", "canary")

ERRORS = "errors"
GATEWAY = "gateway"
SHARE = "share"
SLOWER = "slower_"
BAD = "bad_"


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers of which `bad` out of `total` had a fault. Both count up until the pod restarts."""

    bad: int
    total: int

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.bad + other.bad, self.total + other.total)


NO_TALLY = Tally(0, 0)

Tallies = Mapping[str, Tally]
"""Signal -> tally. Signals are `errors`, `gateway`, `slower_<seconds>` and `bad_<quality>`.

`errors` counts all requests of a pod in its total, and is the one that has to be there.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters of one series as they were scraped, without `increase()` or `rate()`.

    Attributes:
        series: what counts: a pod, or `gateway`. A restarted container may keep its name.
        arm: the version's track.
        t: seconds, of any clock that all samples share.
        tallies: the counters. Pods count `errors` at least, the gateway `gateway` alone.
    """

    series: str
    arm: Arm
    t: float
    tallies: Tallies


def pod_tallies(
    requests: int,
    errors: int,
    below: Mapping[str, int],
    bad: Mapping[str, int],
    observed: int | None = None,
) -> dict[str, Tally]:
    """The tallies of a pod from its counters.

    Args:
        below: bucket bound in seconds as written -> requests up to it (`le`, cumulative).
        bad: quality signal -> answers under its bound.
        observed: requests in the histogram (`le="+Inf"`); without it all requests are.
    """
    timed = max([requests, *below.values()]) if observed is None else observed
    return {
        ERRORS: Tally(errors, requests),
        **{SLOWER + bound: Tally(max(0, timed - up_to), timed) for bound, up_to in below.items()},
        **{BAD + signal: Tally(count, requests) for signal, count in bad.items()},
    }


def merged(every: Iterable[Tallies]) -> dict[str, Tally]:
    """The sums of several tallies, signal by signal."""
    sums: dict[str, Tally] = {}
    for tallies in every:
        for signal, tally in tallies.items():
            sums[signal] = sums[signal] + tally if signal in sums else tally
    return sums
