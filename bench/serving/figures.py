"""From measured seconds to claims that hold or do not."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.load.report import Report, percentile
from bench.table import columns


@dataclass(frozen=True)
class Claim:
    """A figure with its goal.

    Attributes:
        values: one for each round; their median counts.
        goal: that the median has to reach; at least, or at most.
        beside: what helps to judge it, in words.
    """

    text: str
    values: Sequence[float]
    at_least: bool
    goal: float
    beside: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def holds(self) -> bool:
        return self.median >= self.goal if self.at_least else self.median <= self.goal

    def cells(self) -> tuple[str, ...]:
        """For a table: text, figure, spread, goal, verdict."""
        spread = f"{min(self.values):.3f} to {max(self.values):.3f}" if len(self.values) > 1 else ""
        goal = f"{'>=' if self.at_least else '<='} {self.goal:.2f}"
        return self.text, f"{self.median:.3f}", spread, goal, "holds" if self.holds else "FAILS"


def shown(claims: Sequence[Claim]) -> str:
    """One line for each claim, what is beside it at the end."""
    head = ("claim", "median", "spread", "goal", "")
    lines = columns([head, *(claim.cells() for claim in claims)]).splitlines()
    beside = ("", *(claim.beside for claim in claims))
    return "\n".join(f"{line}  {words}" for line, words in zip(lines, beside, strict=True))


def raw_rate(took: Iterable[Sequence[float]]) -> float:
    """Pages a second of processes side by side, from the seconds of each page of each."""
    return sum(len(times) / sum(times) for times in took)


def row(system: str, clients: int, report: Report) -> tuple[str, ...]:
    """Cells of one system under so many clients."""
    sent = len(report.replies)
    failed = sent - report.right - report.wrong
    p99 = percentile([reply.latency for reply in report.answered], 0.99)
    return (
        system,
        str(clients),
        f"{100 * report.right / sent:.1f}%",
        str(report.wrong),
        str(failed),
        f"{report.goodput:.2f}",
        f"{1000 * p99:.0f}",
    )


ROW_HEAD = ("system", "clients", "right", "wrong", "failed", "right/s", "p99 ms")
