"""What evaluating all rules costs, beside rules as a team writes them first, on a real Prometheus.

    python -m bench.rules
    python -m bench.rules --models 100 --minutes 2 --raw-days 1

Each model has 2 versions of 5 pods; one target tells what all of them would. promtool writes the
history that rules look back on. Figures are Prometheus' own (`prometheus_rule_group_last_duration_
seconds`), means of the last evaluations; a cycle is 15 s, and groups that run once a minute count
a quarter. Beside them the processor time of the whole server with its scrapes, which hardly depends
on what else the machine does. First the stack's own rules run alone, then the others with them.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from bench.prometheus import running
from bench.rules import history, naive
from bench.rules.fleet import NAMESPACE, VERSIONS, model_names
from bench.table import columns
from infra.config import StackConfig, parse
from local.ports import free_port
from local.python_env import ROOT
from monitoring.rules import rule_file

_CYCLE = 15.0
# Times as long as asked for that a group may take to be evaluated.
_LONGEST = 4
# Compaction of the history would run beside the rules.
_OPTIONS = (
    "--storage.tsdb.min-block-duration=2h",
    "--storage.tsdb.max-block-duration=2h",
    "--query.max-samples=200000000",
)
Groups = list[dict[str, Any]]
Seconds = dict[str, list[float]]


def main() -> None:
    """Run the bench and print its tables."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.rules",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--models", type=int, default=1000, help="default 1000")
    parser.add_argument("--minutes", type=float, default=7, help="of each side; default 7")
    parser.add_argument("--raw-days", type=float, default=7, help="of raw samples; default 7")
    chosen = parser.parse_args()
    own = rule_file(stack(chosen.models))["groups"]
    others = naive.groups(chosen.models)
    with tempfile.TemporaryDirectory() as scratch, _fleet(chosen.models) as target:
        directory = Path(scratch)
        data = directory / "data"
        data.mkdir()
        started = time.monotonic()
        written = history.write(chosen.models, int(time.time()), data, chosen.raw_days)
        print(f"{written:,} samples of history, {time.monotonic() - started:.0f} s", flush=True)
        own_costs = _print_costs(own, _measure(directory, target, own, chosen.minutes))
        print(flush=True)
        took = _measure(directory, target, [*own, *others], chosen.minutes)
        _compare(own_costs, _print_costs(others, took))


def stack(models: int) -> StackConfig:
    """Models with 2 versions each and default objectives, of ten teams."""
    teams = [f"team-{each}" for each in range(10)]
    stable, canary = VERSIONS
    return parse(
        {
            "namespace": NAMESPACE,
            "nodePools": {"a": {"provider": "existing", "nodes": ["node-1"], "track": "stable"}},
            "models": {
                name: {
                    "host": f"{name}.example.com",
                    "owner": teams[at % len(teams)],
                    "stable": stable,
                    "canary": {canary: VERSIONS[canary][1]},
                    "isolation": "shared",
                    "versions": {v: {"image": f"{name}:{v}", "pool": "a"} for v in VERSIONS},
                }
                for at, name in enumerate(model_names(models))
            },
            "alerting": {
                "mode": "embedded",
                "gateway": {"namespace": "traefik"},
                "images": {"relay": "relay:1"},
                "receivers": {"webhook": {"hook": {"url": "https://hook.example.com"}}},
                "teams": {team: {"chat": ["hook"]} for team in teams},
                "defaultTeam": teams[0],
            },
        }
    )


@contextmanager
def _fleet(models: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.rules.fleet", str(models), str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _measure(directory: Path, target: str, groups: Groups, minutes: float) -> Seconds:
    """Durations of each group's evaluations in the second half of some minutes.

    Or longer, until each group was evaluated then: some take minutes.
    """
    rules = directory / "rules.json"
    rules.write_text(json.dumps({"groups": groups}))
    config = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {
                "job_name": "fleet",
                "honor_labels": True,
                "scrape_timeout": "14s",
                "static_configs": [{"targets": [target]}],
            }
        ],
    }
    found: Seconds = defaultdict(list)
    used: list[tuple[float, float]] = []
    with running(directory, json.dumps(config), _OPTIONS) as server:
        begun = time.monotonic()
        last: dict[str, float] = {}
        names = {group["name"] for group in groups}
        while (passed := time.monotonic() - begun) < minutes * 60 or (
            found.keys() < names and passed < _LONGEST * minutes * 60
        ):
            time.sleep(1)
            metrics = server.metrics()
            if passed > minutes * 30:
                used.append((time.monotonic(), _processor_seconds(metrics)))
            for name, (ended, seconds) in _groups(metrics).items():
                if passed > minutes * 30 and ended != last.get(name, ended):
                    found[name].append(seconds)
                last[name] = ended
    (since, before), (until, after) = used[0], used[-1]
    cycle = (after - before) / (until - since) * _CYCLE
    print(
        f"processor time of the server, scrapes included: {cycle:.1f} s a cycle, "
        f"{cycle / _CYCLE / 2:.0%} of two cores"
    )
    return found


def _processor_seconds(metrics: str) -> float:
    (line,) = re.findall(r"^process_cpu_seconds_total (\S+)$", metrics, re.MULTILINE)
    return float(line)


def _groups(metrics: str) -> dict[str, tuple[float, float]]:
    """End and duration of each group's last evaluation, by the group's name."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for family in text_string_to_metric_families(metrics):
        if family.name.startswith("prometheus_rule_group_last_"):
            for sample in family.samples:
                name = sample.labels["rule_group"].partition(";")[2]
                found[name][family.name] = sample.value
    return {
        name: (
            each["prometheus_rule_group_last_evaluation_timestamp_seconds"],
            each["prometheus_rule_group_last_duration_seconds"],
        )
        for name, each in found.items()
    }


def _compare(own_costs: Mapping[str, float], other_costs: Mapping[str, float]) -> None:
    whole = sum(own_costs.values())
    print(f"\nall own rules: {whole:.2f} s of a cycle of {_CYCLE:.0f} s, {whole / _CYCLE:.1%}")
    by_family = {name.rpartition(".")[2]: cost for name, cost in own_costs.items()}
    norm = by_family["norm"] + by_family["objectives"]
    ratio = other_costs[naive.NORM] / norm
    print(
        f"traffic norm: {norm:.3f} s a cycle with all objectives, naive {ratio:.0f} times as much"
    )
    joined, each = by_family["objectives"], other_costs[naive.ONE_EACH]
    print(f"thresholds by join: {joined:.3f} s for three alerts, {each:.3f} s for one by model")


def _print_costs(groups: Groups, took: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Seconds a cycle of each group."""
    rows: list[Sequence[str]] = [("group", "rules", "evaluations", "seconds each", "a cycle")]
    costs = {}
    for group in groups:
        name, durations = group["name"], took.get(group["name"], ())
        if not durations:
            raise SystemExit(f"{name} was not evaluated in time: give more --minutes")
        seconds = statistics.mean(durations)
        cycles = 4 if group["interval"] == "1m" else 1
        costs[name] = seconds / cycles
        cells = (len(group["rules"]), len(durations), f"{seconds:.3f}", f"{costs[name]:.3f}")
        rows.append((name, *map(str, cells)))
    print(columns(rows))
    return costs


if __name__ == "__main__":
    main()
