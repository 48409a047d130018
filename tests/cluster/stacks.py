"""Stacks on the embedded platform, driven by the real CLI as a release engineer does."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from local.receipts import receipt

ROOT = Path(__file__).parents[2]
PROGRAM = ("__main__.py", "Pulumi.yaml", *(path.name for path in ROOT.glob("Pulumi.*.yaml")))
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
# Of the committed stack files; a sample, as the files say.
PASSPHRASE = "paddle-canary-sample"
# A node for each track.
POOLS = {
    "gpu-stable": {"provider": "existing", "nodes": ["gpu-node-1"], "track": "stable"},
    "gpu-canary": {"provider": "existing", "nodes": ["gpu-node-2"], "track": "canary"},
}
# Real pods with real OCR, as small as they can be.
VERSIONS = {
    version: {
        "image": f"paddle-canary.local/ocr:{version}",
        "pool": pool,
        "resources": {"cpu": "100m", "memory": "2Gi"},
    }
    for version, pool in {"v1.1": "gpu-stable", "v1.2": "gpu-canary"}.items()
}


def dev_alerting(namespace: str) -> dict[str, Any]:
    """The `alerting` of the committed dev stack, with its monitoring in a namespace."""
    committed = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    return {**committed["paddle-canary:alerting"], "namespace": namespace}


@dataclass(frozen=True)
class Platform:
    """The environment that finds the instance and its tools, and where its gateway answers."""

    environment: Mapping[str, str]
    url: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["kubectl", *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def answers(self, host: str, requests: int) -> Counter[str]:
        """Who answered `requests` real OCR requests: versions, or `HTTP <status>` where nobody."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        page, _ = receipt(1)
        seen: Counter[str] = Counter()
        for _ in range(requests):
            connection.request("POST", "/infer", page, {"Host": host, "Content-Type": "image/png"})
            answer = connection.getresponse()
            answer.read()
            failed = f"HTTP {answer.status}"
            seen[answer.headers["X-Model-Version"] if answer.status == 200 else failed] += 1
        connection.close()
        return seen


@dataclass(frozen=True)
class Run:
    """A finished command: its exit status, and what it printed without colours."""

    status: int
    text: str


@dataclass(frozen=True)
class Stack:
    """A stack named `name`: a checkout in `directory`, and the state backend that it logs in to."""

    platform: Platform
    name: str
    directory: Path
    environment: Mapping[str, str]

    @classmethod
    def create(cls, platform: Platform, name: str, directory: Path, backend: Path) -> Stack:
        """A new stack, with its namespace's name and no models yet."""
        backend.mkdir()
        environment = dict(platform.environment) | {
            "PULUMI_BACKEND_URL": f"file://{backend}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        }
        environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        return cls(platform, name, directory, environment).cloned(directory)

    @property
    def monitoring(self) -> str:
        """Namespace of its monitoring, where it has one."""
        return f"{self.name}-monitoring"

    def cloned(self, directory: Path) -> Stack:
        """The same stack, seen from another checkout."""
        directory.mkdir()
        for name in PROGRAM:
            shutil.copy(ROOT / name, directory)
        for package in ("infra", "monitoring"):
            shutil.copytree(
                ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__")
            )
        return replace(self, directory=directory)

    def write(self, models: Mapping[str, Any], **settings: object) -> None:
        """Write the stack file. `settings` are further keys of the project's namespace."""
        own = {"namespace": self.name, "nodePools": POOLS, "models": models, **settings}
        committed = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
        content = {
            "encryptionsalt": committed["encryptionsalt"],
            "config": {f"paddle-canary:{key}": value for key, value in own.items()},
        }
        self.file.write_text(yaml.safe_dump(content))

    @property
    def file(self) -> Path:
        return self.directory / f"Pulumi.{self.name}.yaml"

    def pulumi(self, *arguments: str, **environment: str) -> Run:
        """Run a command to its end. `environment` replaces variables."""
        return finish(self.start(*arguments, **environment))

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, which `finish` waits for."""
        return subprocess.Popen(
            ["pulumi", *arguments, "--stack", self.name, "--non-interactive", "--color", "never"],
            cwd=self.directory,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, **environment: str) -> Run:
        """An update to its end."""
        return finish(self.start_up(**environment))

    def start_up(self, **environment: str) -> subprocess.Popen[str]:
        """Start an update, which `finish` waits for."""
        return self.start("up", "--yes", "--skip-preview", **environment)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs for its models."""
        models: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json").text)["models"]
        return models

    def routed(self, model: str) -> tuple[str, dict[str, int]] | None:
        """What the live Ingress objects say: stable's Service, and percent of canary Services.

        None while there are none, as on the other data plane.
        """
        found = {route["metadata"]["name"]: route for route in self._routes()}
        if not found:
            return None
        stable, canary = _service(found[model]), _service(found[f"{model}-canary"])
        weight = found[f"{model}-canary"]["metadata"]["annotations"][WEIGHT]
        return stable, {} if canary == stable else {canary: int(weight)}

    def changed_at(self, route: str) -> datetime:
        """When somebody last changed what an Ingress asks for, by the API server's clock (UTC)."""
        (found,) = [each for each in self._routes() if each["metadata"]["name"] == route]
        return max(
            datetime.fromisoformat(entry["time"])
            for entry in found["metadata"]["managedFields"]
            if "subresource" not in entry
        )

    def _routes(self) -> list[dict[str, Any]]:
        listed = self.platform.kubectl(
            *("get", "ingress", "-n", self.name, "-o", "json", "--show-managed-fields")
        )
        found: list[dict[str, Any]] = json.loads(listed)["items"]
        return found


def _service(route: Mapping[str, Any]) -> str:
    name: str = route["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
    return name


def finish(process: subprocess.Popen[str], seconds: float = 300) -> Run:
    """Wait for a command that `Stack.start` started; what is left of it in the end is killed."""
    try:
        text, _ = process.communicate(timeout=seconds)
    finally:
        kill_session(process.pid)
    return Run(process.returncode, text)


def kill_session(session: int) -> None:
    """Kill every process of a session. Plugins have process groups of their own."""
    for pid in of_session(session):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def of_session(*sessions: int) -> list[int]:
    """The processes of sessions."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(int(entry.name)) in sessions:
                found.append(int(entry.name))
    return found
