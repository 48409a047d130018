"""The history of the fleet, and what recording rules make of it, as blocks of a TSDB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.openmetrics import Floats, blocks, series, write_block
from bench.prometheus import Prometheus, running
from bench.rules_replay.fleet import MINUTES
from bench.rules_replay.samples import START
from monitoring.rules import RecordingRule

OPTIONS = (
    "--query.max-samples=200000000",
    # What is written once needs no compaction, which would take the processor from the queries.
    "--storage.tsdb.min-block-duration=2h",
    "--storage.tsdb.max-block-duration=2h",
)
CONFIG = "global: {scrape_interval: 1m}\n"
_RECORDED = re.compile(r"\b\w+:\w+:\w+\b")
_MOST_STEPS = 10_080  # a week; Prometheus takes 11,000 at once


def write(named: Sequence[tuple[str, Floats]], data: Path) -> int:
    """Write series with a sample for each minute; give the number of samples."""
    times = np.arange(START, START + MINUTES * 60, 60, dtype=float)
    written = 0
    for start, end in blocks(START, START + MINUTES * 60):
        cut = slice((start - START) // 60, (end - START) // 60)
        written += write_block(((name, each[cut], times[cut]) for name, each in named), data)
    return written


def record(rules: Sequence[RecordingRule], data: Path) -> int:
    """Write what the rules would have recorded, each after those that it reads."""
    written = 0
    for level in levels(rules):
        with running(data.parent, CONFIG, OPTIONS) as server:
            found = [each for rule in level for each in _computed(server, rule)]
        written += write(found, data)
    return written


def levels(rules: Sequence[RecordingRule]) -> list[list[RecordingRule]]:
    """Rules that can be computed together, then those that read what these record, and so on."""
    left, known, found = list(rules), set[str](), list[list[RecordingRule]]()
    names = {rule.record for rule in rules}
    while left:
        ready = [r for r in left if (set(_RECORDED.findall(r.expr)) & names) <= known]
        if not ready:
            raise ValueError(f"rules that wait for each other: {[rule.record for rule in left]}")
        found.append(ready)
        known |= {rule.record for rule in ready}
        left = [rule for rule in left if rule not in ready]
    return found


def evaluated(server: Prometheus, query: str) -> Iterable[tuple[dict[str, str], Floats]]:
    """The value of a query at each minute, by labels; NaN where it has none."""
    found: dict[tuple[tuple[str, str], ...], Floats] = {}
    for first in range(0, MINUTES, _MOST_STEPS):
        last = min(first + _MOST_STEPS, MINUTES) - 1
        for each in server.over(query, START + first * 60, START + last * 60, 60):
            labels = tuple(sorted(each["metric"].items()))
            values = found.setdefault(labels, np.full(MINUTES, np.nan))
            for time, value in each["values"]:
                values[(int(time) - START) // 60] = float(value)
    return ((dict(labels), values) for labels, values in found.items())


def _computed(server: Prometheus, rule: RecordingRule) -> Iterator[tuple[str, Floats]]:
    for labels, values in evaluated(server, rule.expr):
        labels.pop("__name__", None)
        yield series(rule.record, {**labels, **rule.labels}), values
