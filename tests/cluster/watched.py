"""A stack that watches itself: its Prometheus, what its robots were told, and faults of it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from local.cluster import robots
from local.cluster.layout import Layout
from tests.cluster.stacks import VERSIONS, Stack, dev_alerting

MODEL = "ocr"
HOST = "watched.example.com"
OWNER = "vision"
# Alerts of the model that a test causes, with a patience that a test has.
TUNED = (
    *("HighModelErrorRate", "HighModelLatency", "LowModelQPS"),
    *("GatewayErrors", "NoReadyEndpoints"),
)
_RESOLVED = "✅"
_ICONS = ("🔴", "🟠", "🔵", _RESOLVED)
_LABELS = re.compile(
    r"(?P<alert>\w+) · severity \w+ · model (?P<model>\S+)( · version (?P<version>\S+))?"
)


def models(weight: float, p99: str, *, hasty: bool) -> dict[str, Any]:
    """The `models` of the stack file. A hasty v1.2 answers nearly everything with 503 or 504."""
    deadline = {"env": {"DEADLINE_SECONDS": "0.1"}} if hasty else {}
    model = {
        "host": HOST,
        "owner": OWNER,
        "stable": "v1.1",
        "canary": {"v1.2": weight},
        "versions": {**VERSIONS, "v1.2": {**VERSIONS["v1.2"], **deadline}},
        "rollout": {"steps": [20, 40, 100], "window": "1s"},
        "slo": {"p99": p99, "errorRatio": 0.05, "trafficDrop": 0.5},
        "alerts": {name: {"for": "1s"} for name in TUNED},
    }
    return {MODEL: model}


def alerting(namespace: str) -> dict[str, Any]:
    """The `alerting` of the committed dev stack, with its secrets in plain text."""
    found = dev_alerting(namespace)
    receivers = found["receivers"]
    for vendor, known in {
        "dingtalk": dict(zip(("token", "secret"), robots.DINGTALK, strict=True)),
        "wecom": dict(zip(("key",), robots.WECOM, strict=True)),
        "feishu": dict(zip(("token", "secret"), robots.FEISHU, strict=True)),
    }.items():
        for robot in receivers[vendor].values():
            robot.update(known)
    receivers["webhook"]["phone"] = {"url": f"{robots.url()}/sample-phone"}
    return found


class Told(NamedTuple):
    """An alert in a message: `firing` or `resolved`, its name, model, and version if it has one."""

    state: str
    alert: str
    model: str
    version: str = ""


@dataclass(frozen=True)
class Watched:
    """A stack with monitoring, up in the instance of `layout`."""

    stack: Stack
    layout: Layout

    @property
    def namespace(self) -> str:
        """Where its monitoring is."""
        return self.stack.monitoring

    def write(self, weight: float = 20, p99: str = "1ms", *, hasty: bool = True) -> None:
        """Write the stack file."""
        written = models(weight, p99, hasty=hasty)
        self.stack.write(written, alerting=alerting(self.namespace))

    def kubectl(self, *arguments: str) -> str:
        """In the namespace of monitoring."""
        return self.stack.platform.kubectl("-n", self.namespace, *arguments)

    def of_models(self, *arguments: str) -> str:
        """In the namespace of the models."""
        return self.stack.platform.kubectl("-n", self.stack.name, *arguments)

    def prometheus(self, path: str) -> Any:  # noqa: ANN401 - what JSON holds
        """`data` of an answer of Prometheus' HTTP API."""
        proxy = f"/api/v1/namespaces/{self.namespace}/pods/prometheus-0:9090/proxy/api/v1/{path}"
        return json.loads(self.kubectl("get", "--raw", proxy))["data"]

    def query(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """An instant query: labels and value of each series."""
        found = self.prometheus(f"query?query={quote(promql)}")["result"]
        return [(series["metric"], float(series["value"][1])) for series in found]

    def firing(self) -> set[tuple[str, str]]:
        """Name and version of the model's alerts that fire."""
        return {
            (each["labels"]["alertname"], each["labels"].get("version", ""))
            for each in self.prometheus("alerts")["alerts"]
            if each["state"] == "firing" and each["labels"].get("model") == MODEL
        }

    def samples(self, series: str, window: str) -> list[tuple[float, float]]:
        """Times (Unix) and values of all samples of a series' last `window`."""
        found = self.prometheus(f"query?query={quote(f'{series}[{window}]')}")["result"]
        return [(at, float(value)) for each in found for at, value in each["values"]]

    def metrics(self, service: str, port: int) -> str:
        """What a part of monitoring tells of itself now."""
        proxy = f"/api/v1/namespaces/{self.namespace}/services/{service}:{port}/proxy/metrics"
        return self.kubectl("get", "--raw", proxy)

    def messages(self, robot: str) -> list[tuple[float, frozenset[Told]]]:
        """What a robot's group has read: when (Unix), and the alerts of each message."""
        file = self.layout.robots / "accepted.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        read = [json.loads(line) for line in lines]
        return [(each["at"], _alerts(each["text"])) for each in read if each["token"] == robot]

    def told(self, robot: str) -> list[frozenset[Told]]:
        """The same without times."""
        return [alerts for _, alerts in self.messages(robot)]

    def volume(self, pod: str, name: str) -> Path:
        """An emptyDir of a pod, as this machine sees it."""
        found = json.loads(self.kubectl("get", "pod", pod, "-o", "json"))
        node, uid = found["spec"]["nodeName"], found["metadata"]["uid"]
        pods = self.layout.node_directory(node) / "lib/kubelet/pods"
        return pods / str(uid) / "volumes/kubernetes.io~empty-dir" / name

    def pods(self) -> dict[str, tuple[str, int]]:
        """Identity and number of restarts of each pod of monitoring."""
        listed = json.loads(self.kubectl("get", "pods", "-o", "json"))["items"]
        return {
            pod["metadata"]["name"]: (
                pod["metadata"]["uid"],
                sum(each["restartCount"] for each in pod["status"]["containerStatuses"]),
            )
            for pod in listed
        }


def backfill(watched: Watched, promtool: Path, scratch: Path, model: str, rate: float) -> None:
    """Three weeks in which a model always had so many requests a second at this hour.

    Written as blocks into Prometheus' volume, which it looks through once a minute.
    """
    series = (
        f'model:paddle_model_requests:rate1h{{namespace="{watched.stack.name}",model="{model}"}}'
    )
    now = int(time.time())
    lines = [
        f"{series} {rate} {now - week * 7 * 24 * 3600 + 1800 + minute * 60}"
        for week in (3, 2, 1)
        for minute in range(-60, 60)
    ]
    file = scratch / "history.txt"
    file.write_text("\n".join([*lines, "# EOF\n"]))
    blocks = scratch / "blocks"
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", file, blocks],
        check=True,
        capture_output=True,
    )
    subprocess.run(["chown", "-R", "10001:10001", blocks], check=True)
    data = watched.volume("prometheus-0", "data")
    for block in blocks.iterdir():
        # Prometheus may look in the middle of it, and keeps what it has found of a block.
        part = data / f"{block.name}.part"
        subprocess.run(["cp", "-a", block, part], check=True)
        part.rename(data / block.name)


def _alerts(text: str) -> frozenset[Told]:
    """The alerts in a message: of each an icon with its summary, and below it a line of labels."""
    found, state = set(), ""
    for line in text.splitlines():
        if line.startswith(_ICONS):
            state = "resolved" if line.startswith(_RESOLVED) else "firing"
        elif labels := _LABELS.match(line):
            found.add(Told(state, labels["alert"], labels["model"], labels["version"] or ""))
    return frozenset(found)


def eventually(what: str, condition: Callable[[], object], seconds: float) -> float:
    """Wait until it is true; how long that took. Fails after `seconds`."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(1)
    return time.monotonic() - begun


def port_of(service: str, target: object) -> list[str]:
    """Arguments of kubectl that let a Service lead to another port of its pods."""
    change: Mapping[str, object] = {
        "op": "replace",
        "path": "/spec/ports/0/targetPort",
        "value": target,
    }
    return ["patch", "service", service, "--type=json", "-p", json.dumps([change])]
