"""Blocks of a TSDB from series in memory, and from recording rules, both by promtool."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.openmetrics import BLOCK_SECONDS, series, write_block
from bench.prometheus import promtool, running
from bench.rules_replay.fleet import MINUTES
from bench.rules_replay.samples import START, Series
from monitoring.rules import RecordingRule

CONFIG = "global: {scrape_interval: 1m}\n"
_RECORDED = re.compile(r"\b\w+:\w+:\w+\b")


def from_series(found: Iterable[Series], data: Path) -> int:
    """Write blocks with a sample for each minute; give the number of samples."""
    named = [(series(metric, labels), samples) for metric, labels, samples in found]
    times = np.arange(START, START + MINUTES * 60, 60, dtype=float)
    written, block = 0, BLOCK_SECONDS // 60
    for first in range(0, MINUTES, block):
        cut = slice(first, first + block)
        written += write_block(((name, each[cut], times[cut]) for name, each in named), data)
    return written


def from_rules(rules: Sequence[RecordingRule], data: Path) -> None:
    """Write what the rules would have recorded, each after those that it reads."""
    file = data.parent / "rules.json"
    for level in levels(rules):
        group = {"name": "backfill", "rules": [rule.to_dict() for rule in level]}
        file.write_text(json.dumps({"groups": [group]}))
        with running(data.parent, CONFIG) as server:
            promtool(
                *("tsdb", "create-blocks-from", "rules", "--eval-interval=1m"),
                f"--start={START}",
                f"--end={START + (MINUTES - 1) * 60}",
                f"--url={server.url}",
                f"--output-dir={data}",
                file,
            )


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
