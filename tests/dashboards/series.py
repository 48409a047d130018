"""What Prometheus scrapes from a fleet in the middle of a release.

Model `ocr`: v1.1 is stable, v1.2 went from 5% to 20% half an hour ago, fails 5% of its requests and
is slower than the objective. Model `layout` has no canary. What containers count comes from the
container's own code, so that a metric renamed there is missed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from monitoring.exporter import state as routed
from monitoring.exporter.collector import Routes
from monitoring.relay import metrics as relay
from monitoring.relay.metrics import Load
from monitoring.rules import series
from service.front.metrics import Metrics
from service.workers.messages import Ready
from service.workers.pool import Result

NAMESPACE = "paddle-models"
HOUR = 3600
WEEK = 7 * 24 * HOUR
DENSE = 6 * 60
RAISED = 30 * 60


@dataclass(frozen=True)
class Curve:
    """A series as a function of Unix time."""

    name: str
    labels: Mapping[str, str]
    value: Callable[[float], float]

    def line(self, at: float, *, stamped: bool) -> str:
        """Its sample at a moment, as OpenMetrics has it."""
        said = ",".join(f'{key}="{text}"' for key, text in self.labels.items())
        return f"{self.name}{{{said}}} {self.value(at)}{f' {at}' if stamped else ''}"


@dataclass(frozen=True)
class Version:
    """A version under load.

    requests, failed: a second, of each pod; those that fail get 500.
    seconds: latency of each request.
    """

    model: str
    version: str
    track: str
    weight: int
    weight_before: int
    pods: int
    requests: int
    failed: int
    seconds: float

    @property
    def labels(self) -> dict[str, str]:
        """By which every series of it is known."""
        return {"namespace": NAMESPACE, "model": self.model, "version": self.version}

    @property
    def slot(self) -> str:
        """What the gateway calls it."""
        return f"{NAMESPACE}-{self.model}-{self.track}@kubernetesingressnginx"


VERSIONS = (
    Version("ocr", "v1.1", "stable", 80, 95, pods=4, requests=20, failed=0, seconds=0.15),
    Version("ocr", "v1.2", "canary", 20, 5, pods=1, requests=20, failed=1, seconds=0.7),
    Version("layout", "v2.0", "stable", 100, 100, pods=2, requests=10, failed=0, seconds=0.25),
)


def scraped(now: int) -> list[Curve]:
    """Everything that is scraped, by somebody who begins at `now`."""
    return [
        *(curve for version in VERSIONS for curve in _pods(version)),
        *_route(now),
        *_gateway(),
        *_gpus(),
        *_relay(),
        *_kubelet(),
    ]


def recorded() -> Iterator[Curve]:
    """What rules have recorded of it, and read again over longer windows."""
    for model in ("ocr", "layout"):
        whose = {"namespace": NAMESPACE, "model": model}
        versions = [version for version in VERSIONS if version.model == model]
        requests = sum(version.requests * version.pods for version in versions)
        errors = sum(version.failed * version.pods for version in versions)
        for name in (series.MODEL_REQUESTS, series.MODEL_REQUESTS_1H):
            yield _steady(name, whose, requests)
        for name in (series.MODEL_ERRORS, series.model_errors("1h")):
            yield _steady(name, whose, errors)


def weeks_ago() -> Iterator[Curve]:
    """What the traffic norm reads of this hour in past weeks."""
    for model, rate in (("ocr", 110), ("layout", 21)):
        yield _steady(series.MODEL_REQUESTS_1H, {"namespace": NAMESPACE, "model": model}, rate)


def history(curves: Iterable[Curve], start: int) -> Iterator[str]:
    """The hour from `start` as lines of OpenMetrics with timestamps.

    The last minutes are dense, so that rates over them are exact.
    """
    end = start + HOUR
    times = [*range(start, end - DENSE, 30), *range(end - DENSE, end + 1, 2)]
    return (curve.line(at, stamped=True) for curve in curves for at in times)


def _pods(version: Version) -> Iterator[Curve]:
    for number in range(version.pods):
        target = {
            "job": series.MODELS_JOB,
            "instance": f"10.0.0.{number}:8000",
            **version.labels,
            "track": version.track,
            "pod": f"{version.model}-{version.version.replace('.', '-')}-{number}",
        }
        yield _steady("up", target, 1)
        yield _steady("scrape_duration_seconds", target, 0.01)
        yield _steady("scrape_samples_post_metric_relabeling", target, 120)
        for family in text_string_to_metric_families(_one_second(version)):
            drawn = _growing if family.type in ("counter", "histogram") else _steady
            for sample in family.samples:
                yield drawn(sample.name, {**target, **sample.labels}, sample.value)


def _one_second(version: Version) -> str:
    """What a container shows after the requests of a second."""
    metrics = Metrics(version.version, in_flight=lambda: 4)
    signals = {"confidence": (0.5, 0.8, 0.9, 1.0), "length": (10, 100)}
    metrics.loaded(Ready((), (), signals, load_s=2.0, warm_s=3.0))
    metrics.restarted("died")
    result = Result({}, {"confidence": 0.85, "length": 42}, queue_s=0.02, run_s=0.1, batch=2)
    for _ in range(version.requests - version.failed):
        metrics.record(200, version.seconds, result, "id")
    for _ in range(version.failed):
        metrics.record(500, version.seconds, None, "id")
    return metrics.exposition("")[0].decode()


def _route(now: int) -> Iterator[Curve]:
    target = {"job": series.EXPORTER_JOB, "instance": "10.0.1.1:9096"}
    yield _steady("up", target, 1)
    for before, after in zip(_exported(raised=False), _exported(raised=True), strict=True):
        value = _changed(before.value, after.value, now - RAISED)
        if after.name == series.EXPORTER_SUCCESS:
            value = _clock
        yield Curve(after.name, {**target, **after.labels}, value)


def _exported(raised: bool) -> Iterator[Sample]:
    """What the exporter shows, before or after the weight went up."""
    versions = tuple(
        routed.Version(
            each.model,
            each.version,
            each.track,
            each.weight if raised else each.weight_before,
            each.pods,
        )
        for each in VERSIONS
    )
    slots = {each.slot: (each.model, each.version) for each in VERSIONS}
    state = routed.State(versions, slots, frozenset())
    for family in Routes([NAMESPACE], lambda _: state).collect():
        yield from family.samples


def _changed(before: float, after: float, when: int) -> Callable[[float], float]:
    return lambda at: after if at > when else before


def _clock(at: float) -> float:
    return at


def _gateway() -> Iterator[Curve]:
    target = {"job": series.GATEWAY_JOB, "instance": "10.0.2.1:9100"}
    yield _steady("up", target, 1)
    for version in VERSIONS:
        failed = version.failed * version.pods
        answered = version.requests * version.pods - failed
        # It has no series of errors before the first one.
        counts = {"200": answered, "500": failed} if failed else {"200": answered}
        for code, count in counts.items():
            labels = {"service": version.slot, "code": code, "method": "POST", "protocol": "http"}
            yield _growing("traefik_service_requests_total", {**target, **labels}, count)


def _gpus() -> Iterator[Curve]:
    for host, used in (("gpu-a-1", 12000), ("gpu-a-2", 12500), ("gpu-b-1.example.com", 30000)):
        labels = {
            "job": series.DCGM_JOB,
            "instance": f"{host}:9400",
            "Hostname": host,
            "gpu": "0",
            "UUID": f"GPU-{host}",
            "modelName": "NVIDIA A10",
        }
        yield _steady("up", labels, 1)
        yield _steady("DCGM_FI_DEV_FB_USED", labels, used)
        yield _steady("DCGM_FI_DEV_FB_FREE", labels, 40000 - used)
        yield _steady("DCGM_FI_DEV_GPU_TEMP", labels, 61)
        yield _steady("DCGM_FI_DEV_GPU_UTIL", labels, 55)
        yield _steady("DCGM_EXP_XID_ERRORS_COUNT", {**labels, "xid": "79"}, 0)


def _relay() -> Iterator[Curve]:
    target = {"job": series.RELAY_JOB, "instance": "10.0.3.1:9095"}
    yield _steady("up", target, 1)
    waiting = Load("vision-dingtalk", waiting=2, oldest_s=12, dead=1)
    told = relay.Metrics(["vision-dingtalk"], lambda: [waiting])
    for family in text_string_to_metric_families(told.text(None)[0].decode()):
        for sample in family.samples:
            yield _steady(sample.name, {**target, **sample.labels}, sample.value)


def _kubelet() -> Iterator[Curve]:
    """What kubelets say of the containers on their nodes; only mode `operator` has it."""
    target = {"job": "kubelet", "instance": "10.0.4.1:10250"}
    pod = {"namespace": NAMESPACE, "pod": "ocr-v1-2-0", "container": "model"}
    yield _steady("container_memory_working_set_bytes", {**target, **pod}, 2 << 30)


def _steady(name: str, labels: Mapping[str, str], value: float) -> Curve:
    return Curve(name, labels, lambda _: value)


def _growing(name: str, labels: Mapping[str, str], rate: float) -> Curve:
    """A counter; it began long ago."""
    return Curve(name, labels, lambda at: rate * at)
