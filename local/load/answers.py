"""What became of requests: counts by version, lost ones, and how exact a split was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BLOCK = 100


@dataclass(frozen=True)
class Answer:
    """One finished request. Times are seconds of the monotonic clock.

    `due` is when the plan wanted it sent: latency counts from there, so that a service that stalls
    does not look fast because fewer requests were sent meanwhile. `version` is None when nobody
    answered, `failure` is None when the request got what it should.
    """

    due: float
    sent: float
    ended: float
    version: str | None
    failure: str | None


@dataclass(frozen=True)
class Tally:
    """Finished requests: how many, by version those that were answered well, by kind the others."""

    sent: int
    versions: Mapping[str, int]
    failures: Mapping[str, int]

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    def share(self, version: str) -> float:
        """Percent of the well answered requests that `version` answered; 0 if there are none."""
        answered = sum(self.versions.values())
        return 100 * self.versions.get(version, 0) / answered if answered else 0.0


def tally(answers: Iterable[Answer]) -> Tally:
    """Count `answers`."""
    sent = 0
    versions: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for answer in answers:
        sent += 1
        if answer.failure is not None:
            failures[answer.failure] += 1
        elif answer.version is not None:
            versions[answer.version] += 1
    return Tally(sent, versions, failures)


def deviation(counted: Tally, version: str, weight: float) -> float:
    """How many requests of every 100 the share of `version` is away from `weight` (percent)."""
    return abs(counted.share(version) - weight)


def keeps_share(counted: Tally, version: str, weight: float) -> bool:
    """Whether `version` got `weight` percent, within one request of every 100.

    Two are allowed where there are fewer than 200: requests overlap where a count begins and ends.
    """
    answered = sum(counted.versions.values())
    off = abs(counted.versions.get(version, 0) - answered * weight / 100)
    return off <= max(2, answered / 100)


def worst_block(order: Sequence[str | None], version: str, weight: float) -> float:
    """The largest deviation, in requests, in any 100 requests that follow each other.

    `order` has who answered, in the order of sending; requests must not have overlapped.
    Raises ValueError for less than 100.
    """
    if len(order) < BLOCK:
        raise ValueError(f"{len(order)} requests; a block has {BLOCK}")
    inside = sum(found == version for found in order[:BLOCK])
    worst = abs(inside - weight)
    for entering, leaving in zip(order[BLOCK:], order, strict=False):
        inside += (entering == version) - (leaving == version)
        worst = max(worst, abs(inside - weight))
    return worst


def latency(answers: Iterable[Answer], quantile: float) -> float:
    """The latency (seconds) that `quantile` (0 to 1) of the well answered requests kept.

    Raises ValueError when there are none.
    """
    times = sorted(answer.ended - answer.due for answer in answers if answer.failure is None)
    if not times:
        raise ValueError("no request was answered")
    return times[min(len(times) - 1, int(quantile * len(times)))]


def lost_outside(answers: Iterable[Answer], begun: float, over: float) -> int:
    """How many failed requests were not under way while a pod died, from `begun` to `over`.

    Its death excuses those that were inside it and no others.
    """
    return sum(
        answer.failure is not None and (answer.sent > over or answer.ended < begun)
        for answer in answers
    )
