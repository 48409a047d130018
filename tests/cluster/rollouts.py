"""A stack whose releases the controller drives, and the controller as a person starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cluster.layout import Layout
from tests.cluster.stacks import ROOT, VERSIONS, Stack, dev_alerting

MODEL = "ocr"
HOST = "rollouts.example.com"
# The same content as v1.2, which gives each request so little time that it fails all but the least.
FAULTY = "v1.3"
# A release of a minute: few requests prove little, so the judge is asked for little.
PLAN: Mapping[str, Any] = {
    "steps": [50, 100],
    "window": "10s",
    "minRequests": 20,
    "watch": "10s",
    "judge": {"beta": 0.49},
}


@dataclass(frozen=True)
class Released:
    """The stack, up in the instance of `layout`."""

    stack: Stack
    layout: Layout

    def write(self, **settings: object) -> None:
        """Write the stack file, with v1.1 stable and no canary, and `settings` beside."""
        canary = VERSIONS["v1.2"]
        faulty = {**canary, "env": {"DEADLINE_SECONDS": "0.1"}}
        model = {
            "host": HOST,
            "owner": "vision",
            "stable": "v1.1",
            "canary": {},
            "versions": {**VERSIONS, FAULTY: {**faulty, "replicas": 1}},
            "isolation": "shared",
            "rollout": dict(PLAN),
            "slo": {"errorRatio": 0.1, "p99": "10s"},
        }
        alerting = dev_alerting(self.stack.monitoring)
        self.stack.write({MODEL: model}, alerting=alerting, **settings)

    def start(self, *command: str, log: Path) -> subprocess.Popen[bytes]:
        """Start a command of the rollout; what it says goes to `log`."""
        return start(self.stack, *command, log=log)

    def journal(self) -> list[dict[str, Any]]:
        """Every entry of the journal, oldest first."""
        listed = self._get("configmap", f"rollout-{MODEL}")
        if listed is None:
            return []
        return [json.loads(line) for line in listed["data"]["entries"].splitlines()]

    def state(self) -> dict[str, Any]:
        """What the journal says now."""
        found = self._get("configmap", f"rollout-{MODEL}")
        known: dict[str, Any] = {} if found is None else json.loads(found["data"]["state"])
        return known

    def told(self, robot: str, since: float) -> list[str]:
        """What a robot's group has read since a time (Unix)."""
        file = self.layout.robots / "accepted.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        read = [json.loads(line) for line in lines]
        return [each["text"] for each in read if each["token"] == robot and each["at"] >= since]

    def _get(self, kind: str, name: str) -> dict[str, Any] | None:
        text = self.stack.platform.kubectl(
            *("get", kind, name, "-n", self.stack.name, "-o", "json", "--ignore-not-found")
        )
        known: dict[str, Any] | None = json.loads(text) if text else None
        return known


def start(stack: Stack, *command: str, log: Path) -> subprocess.Popen[bytes]:
    """Start a command of the rollout in a stack's checkout; what it says goes to `log`."""
    with log.open("ab") as said:
        return subprocess.Popen(
            rollout(stack, *command),
            cwd=ROOT,
            env=stack.environment,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def rollout(stack: Stack, *command: str) -> list[str]:
    """The command line of a command of the rollout about a stack."""
    where = ["--stack", stack.name, "--project", str(stack.directory)]
    return [sys.executable, "-m", "rollout", *command, *where]
