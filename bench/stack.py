"""A stack of any size on the embedded platform, and what one update of it did and took."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cluster.layout import NODES
from local.demo.shell import Shell
from local.images import OCR

NAMESPACE = "paddle-models"
MODEL, STABLE, CANARY = "ocr", "v1.1", "v1.2"
HOST = "ocr.example.com"
ROUTE = f"{MODEL}-canary"
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"

_COUNT = re.compile(
    r"^ +(?:[-+~]{1,2} |\d+ changes\. )?(\d+) (created|updated|replaced|deleted|unchanged)$", re.M
)
_CHANGED = re.compile(
    r"^ [-+~]{1,2} +(kubernetes:\S+ \S+) (?:created|updated|replaced|deleted)\b", re.M
)


class UnexpectedError(Exception):
    """An update failed or did something else than it should: its time means nothing."""


@dataclass(frozen=True)
class Update:
    """What one `pulumi up` took (seconds), what it changed, and how many resources there are."""

    seconds: float
    changed: tuple[str, ...]
    resources: int


@dataclass(frozen=True)
class BenchStack:
    """A stack with its stack file."""

    shell: Shell
    file: Path

    @classmethod
    def create(cls, instance: str, checkout: Path, file: Path, name: str = "bench") -> BenchStack:
        """A new stack on a running instance. The checkout's own stack files stay as they are."""
        options = {"PULUMI_OPTION_CONFIG_FILE": str(file), "PULUMI_STACK": name}
        stack = cls(Shell.of_instance(instance, checkout, **options), file)
        stack.write(1, 0)
        stack.run("pulumi", "stack", "init", name, PULUMI_STACK="")
        # Whatever the option says, a new stack's salt is written here; there are no secrets.
        (checkout / f"Pulumi.{name}.yaml").unlink(missing_ok=True)
        return stack

    def write(self, models: int, weight: int) -> None:
        """Write the stack file of `models` models, with the canary of one of them at `weight`."""
        self.put(stack_file(models, weight))

    def put(self, content: Mapping[str, Any]) -> None:
        """Write the stack file."""
        self.file.write_text(json.dumps(content))

    def up(self, **environment: str) -> Update:
        """Raises UnexpectedError if it fails."""
        started = time.monotonic()
        text = self.run(
            *("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never"),
            **environment,
        )
        seconds = time.monotonic() - started
        counted = {what: int(number) for number, what in _COUNT.findall(text)}
        return Update(seconds, tuple(_CHANGED.findall(text)), sum(counted.values()))

    def annotate(self, weight: int) -> float:
        """Seconds that `kubectl annotate` took to write the weight."""
        started = time.monotonic()
        target = ("ingress", ROUTE, "--namespace", NAMESPACE)
        self.run("kubectl", "annotate", "--overwrite", *target, f"{WEIGHT}={weight}")
        return time.monotonic() - started

    def pods(self) -> dict[str, int]:
        """Restarts of every pod of the models by its UID."""
        found = json.loads(
            self.run("kubectl", "get", "pods", "--namespace", NAMESPACE, "--output", "json")
        )
        return {
            pod["metadata"]["uid"]: sum(
                status["restartCount"] for status in pod["status"]["containerStatuses"]
            )
            for pod in found["items"]
        }

    def run(self, *command: str, **environment: str) -> str:
        """What the command printed. Raises UnexpectedError if it fails."""
        done = subprocess.run(
            command,
            cwd=self.shell.directory,
            env={**self.shell.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UnexpectedError(f"`{' '.join(command)}` failed:\n{done.stdout.strip()}")
        return done.stdout


def stack_file(models: int, weight: int) -> Mapping[str, Any]:
    """A stack file of `models` models, of which one has pods and a canary at `weight` percent."""
    # The guard must let a weight rise as often as it is measured.
    rollout = {"window": "1s"}
    pools = {
        "gpu-stable": {"provider": "existing", "nodes": [NODES[0]], "track": "stable"},
        "gpu-canary": {"provider": "existing", "nodes": [NODES[1]], "track": "canary"},
    }
    resources = {"cpu": "100m", "memory": "2Gi"}
    stable = {"image": OCR[STABLE], "pool": "gpu-stable", "resources": resources}
    canary = {"image": OCR[CANARY], "pool": "gpu-canary", "resources": resources}
    declared: dict[str, Any] = {
        MODEL: {
            "host": HOST,
            "stable": STABLE,
            "canary": {CANARY: weight},
            "versions": {STABLE: stable, CANARY: canary},
            "rollout": rollout,
        }
    }
    for number in range(1, models):
        declared[f"parked-{number}"] = {
            "host": f"parked-{number}.example.com",
            "stable": STABLE,
            "versions": {STABLE: {**stable, "replicas": 0}},
        }
    values = {"namespace": NAMESPACE, "nodePools": pools, "models": declared}
    return {"config": {f"paddle-canary:{key}": value for key, value in values.items()}}
