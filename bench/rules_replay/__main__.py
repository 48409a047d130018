"""Four weeks of synthetic traffic against the real rule engine: false alarms and missed incidents.

    python -m bench.rules_replay
    python -m bench.rules_replay --seed 2 --keep /tmp/replay

Five models of very different size, with the shape of days and weeks, growth, a holiday, quiet
nights, releases, pods that restart, and incidents at known times (`incidents.py`). promtool writes
the samples and what the recording rules make of them into blocks; Prometheus evaluates each alert
at each minute. Beside the stack's own rules: those that a team writes first (`naive.yaml`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import yaml
from pydantic import TypeAdapter

from bench.openmetrics import series
from bench.prometheus import Prometheus, running
from bench.rules_replay import NAIVE
from bench.rules_replay.blocks import CONFIG, OPTIONS, evaluated, record, write
from bench.rules_replay.firing import firing
from bench.rules_replay.fleet import MINUTES
from bench.rules_replay.incidents import INCIDENTS
from bench.rules_replay.judge import Notification, delay, false, merged
from bench.rules_replay.samples import scraped
from bench.rules_replay.stack import recording_rules, stack
from bench.table import columns
from infra.config.values import Duration
from monitoring.rules import AlertRule, rule_groups

Alert = tuple[str, str, int, int]
"""Name, expression, `for` and `keep_firing_for` in minutes."""


def main() -> int:
    """Print the tables; 0 if the stack's own rules made no mistake."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.rules_replay",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="of all chance; default 1")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the blocks, or use them")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        directory = chosen.keep or Path(scratch)
        if not (directory / "done").exists():
            _fill(directory, chosen.seed)
        ours, naive = _evaluate(directory)
    print(_by_alert(ours, naive))
    print()
    print(_by_incident(ours, naive))
    mistakes = false(ours, INCIDENTS)
    for each in mistakes:
        print(f"FALSE: {each}")
    missed = [each for each in INCIDENTS if delay(ours, each) is None]
    return 1 if mistakes or missed else 0


def _fill(directory: Path, seed: int) -> None:
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    found = [(series(name, labels), samples) for name, labels, samples in scraped(seed)]
    _progress(f"{write(found, data):,} samples written", started)
    rules = recording_rules()
    _progress(f"{record(rules, data):,} more by {len(rules)} recording rules", started)
    (directory / "done").touch()


def _progress(text: str, started: float) -> None:
    print(f"{text}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def _evaluate(directory: Path) -> tuple[list[Notification], list[Notification]]:
    started = time.monotonic()
    with running(directory, CONFIG, OPTIONS) as server:
        found = []
        for name, alerts in (("own", _own()), ("naive", _naive())):
            told = [each for alert in alerts for each in _notifications(server, alert)]
            found.append(merged(told))
            _progress(f"{name} alerts evaluated at {MINUTES:,} minutes", started)
    ours, naive = found
    return ours, naive


def _own() -> Iterator[Alert]:
    for group in rule_groups(stack()):
        for rule in group.rules:
            if isinstance(rule, AlertRule) and rule.alert != "Watchdog":
                hold, keep = (int(each.total_seconds() // 60) for each in (rule.hold, rule.keep))
                yield rule.alert, rule.expr, hold, keep


def _naive() -> Iterator[Alert]:
    for rule in yaml.safe_load(NAIVE.read_text())["groups"][0]["rules"]:
        hold = TypeAdapter(Duration).validate_python(rule["for"])
        yield rule["alert"], rule["expr"], int(hold.total_seconds() // 60), 0


def _notifications(server: Prometheus, alert: Alert) -> Iterator[Notification]:
    name, expr, hold, keep = alert
    for labels, values in evaluated(server, expr):
        model, version = labels.get("model", ""), labels.get("version", "")
        for start, end in firing((~np.isnan(values)).tolist(), hold, keep):
            yield Notification(name, model, version, start, end)


def _by_alert(ours: Sequence[Notification], naive: Sequence[Notification]) -> str:
    names = dict.fromkeys(each[0] for each in (*_own(), *_naive()))
    rows: list[Sequence[str]] = [("alert", "own", "false", "naive", "false")]
    counts = [_count(each) for told in (ours, naive) for each in (told, false(told, INCIDENTS))]
    for name in (*names, "in all"):
        rows.append((name, *(str(count[name]) for count in counts)))
    return columns(rows)


def _count(notifications: Iterable[Notification]) -> Counter[str]:
    found = Counter(each.alert for each in notifications)
    found["in all"] = sum(found.values())
    return found


def _by_incident(ours: Sequence[Notification], naive: Sequence[Notification]) -> str:
    rows: list[Sequence[str]] = [("incident", "found by own after", "by naive after")]
    for incident in sorted(INCIDENTS, key=lambda each: each.start):
        shown = (_minutes(delay(told, incident)) for told in (ours, naive))
        rows.append((f"day {incident.day + 1} {incident.time} {incident.name}", *shown))
    missed = (str(sum(delay(told, each) is None for each in INCIDENTS)) for told in (ours, naive))
    rows.append(("missed", *missed))
    return columns(rows)


def _minutes(minutes: int | None) -> str:
    return "missed" if minutes is None else f"{minutes} min"


if __name__ == "__main__":
    sys.exit(main())
