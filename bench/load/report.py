"""What came of requests, in numbers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from bench.table import columns

_QUANTILES = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True)
class Reply:
    """One finished request. Times are seconds since the start of the load.

    Attributes:
        page: number of the page.
        due: when the plan wanted it sent. Latency counts from there, so that a service that
            stalls does not look fast because fewer requests were sent meanwhile.
        sent, ended: when it was.
        status: of HTTP, or why there is none.
        version: which version answered, if the answer says so.
        right: None for a status other than 200, and before it is judged.
        body: of the answer, until it is judged.
    """

    page: int
    due: float
    sent: float
    ended: float
    status: str
    version: str | None
    right: bool | None = None
    body: bytes = b""

    @property
    def latency(self) -> float:
        return self.ended - self.due


@dataclass(frozen=True)
class Report:
    """All replies, and the seconds that the load lasted: those that came later are no goodput."""

    seconds: float
    replies: Sequence[Reply]

    @property
    def statuses(self) -> Mapping[str, int]:
        return dict(sorted(Counter(reply.status for reply in self.replies).items()))

    @property
    def answered(self) -> list[Reply]:
        """Those with status 200, right or wrong."""
        return [reply for reply in self.replies if reply.right is not None]

    @property
    def right(self) -> int:
        return sum(reply.right is True for reply in self.replies)

    @property
    def wrong(self) -> int:
        return sum(reply.right is False for reply in self.replies)

    @property
    def goodput(self) -> float:
        """Right answers a second."""
        return self.goodput_since(0.0)

    def goodput_since(self, start: float) -> float:
        """The same without the first seconds, in which queues fill."""
        good = sum(
            reply.right is True and start <= reply.ended <= self.seconds for reply in self.replies
        )
        return good / (self.seconds - start)

    @property
    def late(self) -> float:
        """The longest that a request was sent after it was due: beyond some milliseconds, the
        generator was the slow one."""
        return max((reply.sent - reply.due for reply in self.replies), default=0.0)

    def quantile(self, quantile: float) -> float:
        """Seconds of latency that this share of the answers kept; NaN without any."""
        return percentile([reply.latency for reply in self.answered], quantile)


def percentile(values: Sequence[float], quantile: float) -> float:
    """The smallest of the values that at least this share of them (0 to 1) does not exceed.

    NaN without values.
    """
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(quantile * len(values)) - 1)]


def shown(report: Report) -> str:
    """Latencies by version, and what came back."""
    by_version: dict[str, list[float]] = {}
    for reply in report.answered:
        by_version.setdefault(reply.version or "-", []).append(reply.latency)
    rows = [
        (version, str(len(times)), *(f"{1000 * percentile(times, q):.1f}" for q in _QUANTILES))
        for version, times in sorted(by_version.items())
    ]
    table = columns([("version", "answers", "p50 ms", "p90 ms", "p99 ms", "max ms"), *rows])
    statuses = "  ".join(f"{status}: {count}" for status, count in report.statuses.items())
    return (
        f"{table}\n"
        f"sent {len(report.replies)} in {report.seconds:.1f} s  {statuses}\n"
        f"right {report.right}  wrong {report.wrong}  goodput {report.goodput:.2f}/s  "
        f"sent late by at most {1000 * report.late:.1f} ms"
    )


def dump(report: Report) -> str:
    """JSON for `parse`."""
    rows = [astuple(reply)[:-1] for reply in report.replies]
    return json.dumps({"seconds": report.seconds, "replies": rows})


def parse(text: str) -> Report:
    """What `dump` wrote."""
    document = json.loads(text)
    return Report(document["seconds"], [Reply(*row) for row in document["replies"]])
