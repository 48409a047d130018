"""What Prometheus' and Alertmanager's own tools find wrong with rendered files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from monitoring.route_cases import Case

_AT_ONCE = 4
_SECONDS = 60


def check_rules(promtool: Path, file: Path) -> str:
    """What is wrong with a rule file, lint included; nothing when all is well."""
    return _complaint(promtool, "check", "rules", "--lint=all", "--lint-fatal", file)


def check_prometheus(promtool: Path, file: Path) -> str:
    """What is wrong with `prometheus.yml`; the files that it names need not be here."""
    return _complaint(promtool, "check", "config", "--syntax-only", "--lint-fatal", file)


def check_alertmanager(amtool: Path, file: Path) -> str:
    """What is wrong with `alertmanager.yml`."""
    return _complaint(amtool, "check-config", file)


def misrouted(amtool: Path, file: Path, cases: Iterable[Case]) -> Iterator[str]:
    """The alerts that `alertmanager.yml` gives another receiver than promised, a line each."""

    def route(case: Case) -> str:
        labels = [f'{name}="{value}"' for name, value in case.labels.items()]
        expected = f"--verify.receivers={case.receiver}"
        config = f"--config.file={file}"
        complaint = _complaint(amtool, "config", "routes", "test", config, expected, *labels)
        # The first line is the receiver; what amtool says when it fails altogether has others, too.
        got = complaint.partition("\n")[0]
        return complaint and f"{case}: goes to {got}, and not to {case.receiver}"

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from filter(None, pool.map(route, cases))


def _complaint(tool: Path, *arguments: str | Path) -> str:
    """All that a tool prints when it fails, and nothing when it does not."""
    done = subprocess.run(
        [tool, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode == 0:
        return ""
    return (done.stdout + done.stderr).strip() or f"{tool.name} failed and did not say why"
