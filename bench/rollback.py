"""How fast a bad version is taken back: from its first bad answer to a stack that has converged.

A version that fails nearly every request is released by `python -m rollout run` under steady load,
by the plan of `Pulumi.dev.yaml`, which begins at 5%.

columns, medians with (lowest to highest), in seconds:
  fault to alarm     from the first request that the canary failed to the controller's decision
  alarm to weight 0  ... to the end of the patch of the live route
  to last request    from there to the end of the last request that the canary had; 0 where that
                     was over before
  to converged       from the patch to the end of the update of the stack
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kubernetes import config as kube

from bench.command import parser
from bench.table import columns, spread
from local import interrupts
from local.cluster.layout import Layout
from local.demo.shell import CommandError, Shell
from local.load.answers import Answer
from local.load.client import Target
from local.load.generator import Load, pages
from rollout.journal import Entry, Journal
from rollout.state import Outcome, Phase

_ROOT = Path(__file__).parents[1]
# As in the demo, the committed stack by another file.
_STACK, _MODEL, _CANARY, _HOST = "dev", "ocr", "v1.2", "ocr.example.com"
_NAMESPACE = "paddle-models"
# Seconds. Requests of the canary that are on their way when its weight is 0 end within this.
_REST = 10.0
_TAKEN_BACK = 1


class Run(NamedTuple):
    """Seconds of one roll-back; the columns."""

    alarm: float
    zero: float
    last: float
    converged: float


class UnexpectedError(Exception):
    """The rollout did something else than go back: its times mean nothing."""


def main() -> int:
    """Exit status: 0 measured, 1 something did not go as it should."""
    arguments = _parser().parse_args()
    interrupts.deliver()
    local = [sys.executable, "-m", "local"]
    named = ["--name", arguments.instance]
    try:
        subprocess.run([*local, "up", *named], cwd=_ROOT, stdout=sys.stderr, check=True)
        with tempfile.TemporaryDirectory() as scratch:
            runs = _measure(arguments, Path(scratch) / "Pulumi.dev.yaml")
    except (UnexpectedError, CommandError, subprocess.CalledProcessError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    finally:
        if not arguments.keep:
            subprocess.run([*local, "down", *named], cwd=_ROOT, check=True)
    print(_table(runs))
    return 0


def _measure(arguments: argparse.Namespace, file: Path) -> list[Run]:
    shell = Shell.of_instance(arguments.instance, _ROOT, PULUMI_OPTION_CONFIG_FILE=str(file))
    file.write_text(yaml.safe_dump(_stack_file()))
    shell.run(f"pulumi stack select {_STACK} --create")
    shell.run("pulumi up --yes --skip-preview")
    api = kube.new_client_from_config(config_file=shell.environment["KUBECONFIG"])
    journal = Journal(api, _NAMESPACE, _MODEL)
    target = Target(Layout(arguments.instance).url, _HOST)
    with Load(target, pages(), arguments.rate) as load:
        return [_run(shell, load, journal) for _ in range(arguments.runs)]


def _run(shell: Shell, load: Load, journal: Journal) -> Run:
    mark, to_unix = load.mark(), time.time() - time.monotonic()
    command = [sys.executable, "-m", "rollout", "run", _MODEL, "--to", _CANARY, "--stack", _STACK]
    done = subprocess.run(
        command, cwd=shell.directory, env=shell.environment, stdout=sys.stderr, check=False
    )
    time.sleep(_REST)
    if done.returncode != _TAKEN_BACK:
        raise UnexpectedError(f"the rollout ended with status {done.returncode}")
    entries = [entry for entry in journal.read().entries if entry.at.timestamp() >= mark + to_unix]
    return _times(entries, load.since(mark), to_unix)


def _times(entries: Sequence[Entry], answers: Sequence[Answer], to_unix: float) -> Run:
    """The times of one run; the first entry of going back is the decision, the next its patch."""
    back = [entry.at.timestamp() for entry in entries if entry.state.phase is Phase.BACK]
    end = entries[-1]
    if end.state.outcome is not Outcome.ROLLED_BACK:
        raise UnexpectedError(f"the rollout ended as {end.state.outcome}: {end.state.reason}")
    of_canary = [each for each in answers if each.failure or each.version == _CANARY]
    fault = min(each.sent for each in of_canary if each.failure) + to_unix
    alarm, zero = back[:2]
    last = max(each.ended for each in of_canary) + to_unix
    return Run(alarm - fault, zero - alarm, max(0.0, last - zero), end.at.timestamp() - zero)


def _stack_file() -> dict[str, Any]:
    """That of dev, whose v1.2 is slow and gives each request too little time."""
    content: dict[str, Any] = yaml.safe_load((_ROOT / "Pulumi.dev.yaml").read_text())
    versions = content["config"]["paddle-canary:models"][_MODEL]["versions"]
    versions[_CANARY]["env"] = {"ONEDNN": "0", "DEADLINE_SECONDS": "0.1"}
    return content


def _table(runs: Sequence[Run]) -> str:
    head = ("runs", "fault to alarm", "alarm to weight 0", "to last request", "to converged")
    return columns([head, (str(len(runs)), *map(spread, zip(*runs, strict=True)))])


def _parser() -> argparse.ArgumentParser:
    found = parser("bench.rollback", __doc__)
    found.add_argument("--runs", type=int, default=5, help="roll-backs (%(default)s)")
    found.add_argument("--rate", type=float, default=10, help="requests a second (%(default)s)")
    found.add_argument("--instance", default="bench", help="embedded platform (%(default)s)")
    found.add_argument("--keep", action="store_true", help="leave the instance running")
    return found


if __name__ == "__main__":
    sys.exit(main())
