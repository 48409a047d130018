"""A stack whose releases follow each other: real pods, monitoring and traffic of its own."""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from bench.chaos.observer import Observer
from local.cluster.layout import Layout
from local.load.client import Target
from local.load.generator import Load
from tests.cluster.stacks import POOLS, VERSIONS, Platform, Stack, dev_alerting

MODEL = "ocr"
GOOD = ("v1.1", "v1.2")
BAD = "v1.3"
SERVICES = {version: f"{MODEL}-{version.replace('.', '-')}" for version in (*GOOD, BAD)}
STEPS = (50, 100)
WINDOW_SECONDS = 8
LEAST_REQUESTS = 15
# A release of a minute: few requests prove little, so the judge is asked for little; and on a busy
# machine either version is the slower one now and then.
_PLAN: Mapping[str, Any] = {
    "steps": list(STEPS),
    "window": f"{WINDOW_SECONDS}s",
    "minRequests": LEAST_REQUESTS,
    "watch": "8s",
    "judge": {"beta": 0.45, "toleratedRatio": 3},
}
# Requests a second with one empty page, and its size. A good version needs many for its proof, and
# its networks have little to do with a small page; a bad one is slow, and gives up on a larger one.
_GOOD, _POOR = (16, (64, 64)), (4, (448, 448))
_HASTY = {"ONEDNN": "0", "DEADLINE_SECONDS": "0.1"}
# A node has accelerators for few stacks only.
_POOLS = {name: {**pool, "accelerator": "none"} for name, pool in POOLS.items()}
_ONE = {"WORKERS": "1"}
# What looks back for minutes would still fire for a bad version when the next run begins.
_ALERTS = {
    "HighModelErrorRate": {"enabled": False},
    "ErrorBudgetBurnFast": {"enabled": False},
    "GatewayErrors": {"for": "1m", "keepFiringFor": "10s"},
    "NoReadyEndpoints": {"for": "20s", "keepFiringFor": "10s"},
}
_LAST_WORDS, _TRIES = 400, 5
_READY_SECONDS, _QUIET_SECONDS, _LOOK_SECONDS = 300.0, 5.0, 2.0


class LaneError(Exception):
    """A stack cannot be brought to where a run begins."""


class Lane:
    """The stack, up; `load` is on its way to it, and `observer` sees what the cluster is told."""

    def __init__(self, stack: Stack, url: str, observer: Observer) -> None:
        self.stack, self.observer = stack, observer
        self._target = Target(url, _host(stack.name))
        self.load = self._loaded(GOOD[0])

    def close(self) -> None:
        """Send nothing any more."""
        self.load.__exit__(None, None, None)

    def prepare(self, new: str) -> None:
        """Bring it to where a release of `new` may begin. Raises LaneError."""
        stable, canary = self.file_says()
        if set(canary) - {new}:
            _write(self.stack, stable)
            _up(self.stack)
        self.close()
        self.load = self._loaded(new)
        self._wait(stable, new)

    def mend(self, stable: str) -> None:
        """After a run that went wrong: no update, no release, no canary. Raises LaneError."""
        self.stack.pulumi("cancel", "--yes")
        self._kubectl("delete", "configmap", f"rollout-{MODEL}", "--ignore-not-found")
        _write(self.stack, stable)
        _up(self.stack)

    def pods(self, part: str) -> list[str]:
        """UIDs of the pods of a part of monitoring."""
        listed = self.stack.platform.kubectl(
            *("get", "pods", "-n", self.stack.monitoring, "-o", "json"),
            *("-l", f"app.kubernetes.io/name={part}"),
        )
        return [str(pod["metadata"]["uid"]) for pod in json.loads(listed)["items"]]

    def _loaded(self, new: str) -> Load:
        rate, size = _POOR if new == BAD else _GOOD
        return Load(self._target, [_page(size)], rate).__enter__()

    def _wait(self, stable: str, new: str) -> None:
        end = time.monotonic() + _READY_SECONDS
        while (lacking := self._lacking(stable, new)) is not None:
            if time.monotonic() > end:
                raise LaneError(f"{self.stack.name}: {lacking}")
            time.sleep(_LOOK_SECONDS)

    def _lacking(self, stable: str, new: str) -> str | None:
        """What a release of `new` would have to wait for."""
        mark = self.load.mark()
        time.sleep(_QUIET_SECONDS)
        answers = self.load.since(mark)
        if not answers or any(each.failure or each.version != stable for each in answers):
            return f"requests fail, or are not all answered by {stable}"
        try:
            for namespace in (self.stack.name, self.stack.monitoring):
                pods = ("get", "pods", "-n", namespace, "-o", "json")
                for pod in json.loads(self.stack.platform.kubectl(*pods))["items"]:
                    if not _is_ready(pod):
                        return f"{pod['metadata']['name']} is not ready"
            alerts = self._alertmanager()
        except (AssertionError, ValueError) as problem:
            return str(problem)
        fire = [each["labels"] for each in alerts if each["labels"].get("severity") == "critical"]
        found = [each["alertname"] for each in fire if each.get("version") in (stable, new)]
        return f"{', '.join(found)} fires" if found else None

    def _alertmanager(self) -> list[dict[str, Any]]:
        service = f"/api/v1/namespaces/{self.stack.monitoring}/services/alertmanager:9093"
        path = f"{service}/proxy/api/v2/alerts"
        found: list[dict[str, Any]] = json.loads(self.stack.platform.kubectl("get", "--raw", path))
        return found

    def _kubectl(self, *arguments: str) -> str:
        return self.stack.platform.kubectl("-n", self.stack.name, *arguments)

    def file_says(self) -> tuple[str, Mapping[str, float]]:
        """Stable and canary of the stack file."""
        content = yaml.safe_load(self.stack.file.read_text())
        model = content["config"]["paddle-canary:models"][MODEL]
        return model["stable"], model["canary"]

    def difference(self) -> str:
        """What an update would change, in Pulumi's last words; empty for nothing.

        Without a refresh, which finds pods that are just not ready; what the routes say is seen
        by the observer. What was hit last may need its time to answer.
        """
        for _ in range(_TRIES):
            preview = self.stack.pulumi("preview", "--expect-no-changes")
            if preview.status == 0:
                return ""
            time.sleep(_LOOK_SECONDS)
        return preview.text.strip()[-_LAST_WORDS:]


@contextmanager
def lane(layout: Layout, platform: Platform, name: str, place: Path) -> Iterator[Lane]:
    """A new lane, gone in the end. Raises LaneError."""
    stack = Stack.create(platform, name, place / "checkout", place / "backend")
    init = stack.pulumi("stack", "init")
    if init.status:
        raise LaneError(init.text)
    try:
        _write(stack, GOOD[0])
        _up(stack)
        found = Lane(stack, layout.url, Observer(platform.environment["KUBECONFIG"], name, MODEL))
        try:
            yield found
        finally:
            found.close()
    finally:
        stack.pulumi("cancel", "--yes")
        stack.pulumi("destroy", "--yes", "--skip-preview")
        platform.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def _host(name: str) -> str:
    return f"{name}.example.com"


def _page(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, "white").save(file, "PNG")
    return file.getvalue()


def _write(stack: Stack, stable: str) -> None:
    model = {
        "host": _host(stack.name),
        "owner": "vision",
        "stable": stable,
        "canary": {},
        "versions": {
            **{version: {**VERSIONS[version], "env": _ONE} for version in GOOD},
            BAD: {**VERSIONS["v1.2"], "env": {**_ONE, **_HASTY}},
        },
        "isolation": "shared",
        "rollout": dict(_PLAN),
        "slo": {"errorRatio": 0.3, "p99": "10s"},
        "alerts": _ALERTS,
    }
    stack.write({MODEL: model}, alerting=dev_alerting(stack.monitoring), nodePools=_POOLS)


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True"


def _up(stack: Stack) -> None:
    try:
        run = stack.up()
    except subprocess.TimeoutExpired as error:
        raise LaneError(f"{stack.name}: {error}") from error
    if run.status:
        raise LaneError(f"{stack.name}: {run.text}")
