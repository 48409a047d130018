"""What Prometheus' and Alertmanager's own tools find wrong with rendered files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from monitoring.files import ALERTMANAGER, PROMETHEUS, RULES
from monitoring.route_cases import Case

_AT_ONCE = 4
_SECONDS = 120


@dataclass(frozen=True)
class Check:
    """A tool's judgement of one file.

    find: what is wrong, given the program; nothing when all is well.
    """

    tool: str
    meaning: str
    find: Callable[[str], str]


def checks(directory: Path, cases: list[Case]) -> list[Check]:
    """All checks of the files of `monitoring.files` in a directory."""
    rules, prometheus, alertmanager = (
        directory / name for name in (RULES, PROMETHEUS, ALERTMANAGER)
    )
    of_rules = Check(
        "promtool",
        f"{RULES}: syntax and lint",
        lambda tool: complaint(tool, "check", "rules", "--lint=all", "--lint-fatal", rules),
    )
    if not prometheus.exists():
        # A group of models, whose base collects and delivers.
        return [of_rules]
    return [
        of_rules,
        Check(
            "promtool",
            f"{PROMETHEUS}: syntax",
            # The files that it names are where Prometheus will run, and not here.
            lambda tool: complaint(tool, "check", "config", "--syntax-only", prometheus),
        ),
        Check(
            "amtool",
            f"{ALERTMANAGER}: syntax",
            lambda tool: complaint(tool, "check-config", alertmanager),
        ),
        Check(
            "amtool",
            f"{ALERTMANAGER}: who is told of {len(cases)} kinds of alerts",
            lambda tool: "\n".join(misrouted(tool, alertmanager, cases)),
        ),
    ]


def misrouted(amtool: str | Path, file: Path, cases: Iterable[Case]) -> Iterator[str]:
    """The alerts that `alertmanager.yml` gives another receiver than promised, a line each."""

    def route(case: Case) -> str:
        found = complaint(
            amtool,
            "config",
            "routes",
            "test",
            f"--config.file={file}",
            f"--verify.receivers={case.receiver}",
            *(f'{name}="{value}"' for name, value in case.labels.items()),
        )
        # The first line is the receiver, or what is wrong with the file.
        got = found.partition("\n")[0]
        return found and f"{case}: goes to {got}, and not to {case.receiver}"

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from filter(None, pool.map(route, cases))


def complaint(tool: str | Path, *arguments: str | Path) -> str:
    """All that a tool prints when it fails, and nothing when it does not."""
    try:
        done = subprocess.run(
            [tool, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{tool} did not end within {_SECONDS} s"
    if done.returncode == 0:
        return ""
    said = (done.stdout + done.stderr).strip()
    return said or f"{tool} ended with status {done.returncode} and did not say why"
