"""A line of the output for each run, and the table of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.exact import interval
from bench.table import columns, spread

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Result:
    """What came of a run.

    seed: of the version and the moments; moments: what was really done.
    seconds: from the first controller to the end of the last one.
    controllers: that were started; fell: last words of those that ended without being hit.
    cancelled: how often a person had to say `pulumi cancel`.
    lost: requests that failed though they were not the bad version's.
    shares: percent of the new version, as they followed each other.
    """

    fault: str
    number: int
    seed: str
    release: str
    good: bool
    moments: list[dict[str, Any]]
    outcome: str
    reason: str
    violations: list[str]
    seconds: float
    controllers: int
    fell: list[str]
    cancelled: int
    lost: int
    shares: list[float]


def read(file: Path) -> list[Result]:
    """The runs that a file has; none where there is no file."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [Result(**json.loads(line)) for line in lines]


def append(file: Path, result: Result) -> None:
    """Add a run."""
    with file.open("a") as out:
        out.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def table(results: Iterable[Result]) -> str:
    """A line for each fault. Runs that nothing was done to do not count."""
    hit = [each for each in results if each.moments]
    faults = sorted({each.fault for each in hit})
    return columns(
        [_HEAD, *(_line(fault, [r for r in hit if r.fault == fault]) for fault in faults)]
    )


_HEAD = (
    *("fault", "runs", "promoted", "rolled back", "held", "other", "violations", "at most"),
    *("hits", "controllers", "fell", "cancelled", "seconds"),
)


def _line(fault: str, runs: Sequence[Result]) -> tuple[str, ...]:
    ends = [each.outcome for each in runs]
    known = ("promoted", "rolled back", "held")
    wrong = sum(bool(each.violations) for each in runs)
    return (
        fault,
        str(len(runs)),
        *(str(ends.count(outcome)) for outcome in known),
        str(sum(end not in known for end in ends)),
        str(wrong),
        f"{100 * upper_bound(wrong, len(runs)):.1f}%",
        str(sum(len(each.moments) for each in runs)),
        str(sum(each.controllers for each in runs)),
        str(sum(len(each.fell) for each in runs)),
        str(sum(each.cancelled for each in runs)),
        spread([each.seconds for each in runs]),
    )


def upper_bound(found: int, runs: int) -> float:
    """The largest share of wrong runs that so few of so many allow: one-sided, exact."""
    return interval(found, runs, 2 * _CONFIDENCE - 1)[1]
