"""An hour of what Prometheus would have scraped from a fleet in the middle of a release.

Model `ocr`: v1.1 is stable, v1.2 went from 5% to 20% half an hour ago, fails 5% of its requests and
is slower than the objective. Model `layout` has no canary. What containers count comes from the
container's own code, so that a metric renamed there is missed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from monitoring.rules import series
from service.messages import Ready
from service.metrics import Metrics
from service.pool import Result

NAMESPACE = "paddle-models"
HOUR = 3600
WEEK = 7 * 24 * HOUR
STEP = 30
RAISED = 30 * 60

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Version:
    """A version under load.

    requests, failed: in a step, of each pod; those that fail get 500.
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


VERSIONS = (
    Version("ocr", "v1.1", "stable", 80, 95, pods=3, requests=800, failed=0, seconds=0.15),
    Version("ocr", "v1.2", "canary", 20, 5, pods=1, requests=600, failed=30, seconds=0.7),
    Version("layout", "v2.0", "stable", 100, 100, pods=2, requests=300, failed=0, seconds=0.25),
)


def lately(now: int) -> Iterator[str]:
    """The hour until `now`, in seconds since 1970, as lines of OpenMetrics with timestamps."""
    for version in VERSIONS:
        for number in range(version.pods):
            yield from _pod(now, version, number)
    yield from _route(now)
    yield from _gateway(now)
    yield from _gpus(now)
    yield from _relay(now)
    yield from _kubelet(now)
    yield from _recorded(now)


def weeks_ago(now: int, weeks: int) -> Iterator[str]:
    """What the traffic norm reads of this hour, some weeks ago."""
    for model, rate in (("ocr", 110), ("layout", 21)):
        whose = {"namespace": NAMESPACE, "model": model}
        for at in range(now - weeks * WEEK, now - weeks * WEEK + HOUR, 60):
            yield _line(series.MODEL_REQUESTS_1H, whose, rate, at)


def _pod(now: int, version: Version, number: int) -> Iterator[str]:
    target = {
        "job": series.MODELS_JOB,
        "instance": f"10.0.0.{number}:8000",
        "namespace": NAMESPACE,
        "model": version.model,
        "version": version.version,
        "track": version.track,
        "pod": f"{version.model}-{version.version.replace('.', '-')}-{number}",
    }
    yield from _steady(now, "up", target, 1)
    yield from _steady(now, "scrape_duration_seconds", target, 0.01)
    yield from _steady(now, "scrape_samples_post_metric_relabeling", target, 120)
    for family in text_string_to_metric_families(_one_step(version)):
        drawn = _growing if family.type in ("counter", "histogram") else _steady
        for sample in family.samples:
            yield from drawn(now, sample.name, {**target, **sample.labels}, sample.value)


def _one_step(version: Version) -> str:
    """What a container shows after the requests of one step."""
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


def _route(now: int) -> Iterator[str]:
    exporter = {"job": series.EXPORTER_JOB, "instance": "10.0.1.1:9100", "namespace": NAMESPACE}
    yield from _steady(now, "up", exporter, 1)
    yield from _growing(now, series.EXPORTER_SUCCESS, exporter, STEP, last=now)
    for version in VERSIONS:
        whose = {
            **exporter,
            "model": version.model,
            "version": version.version,
            "track": version.track,
        }
        yield from _steady(now, series.READY_ENDPOINTS, whose, version.pods)
        for at in _times(now):
            weight = version.weight if at > now - RAISED else version.weight_before
            yield _line(series.WEIGHT, whose, weight, at)
        slot = {
            **exporter,
            "model": version.model,
            "version": version.version,
            "slot": _slot(version),
        }
        yield from _steady(now, series.ROUTE_INFO, slot, 1)


def _gateway(now: int) -> Iterator[str]:
    scraped = {"job": series.GATEWAY_JOB, "instance": "10.0.2.1:9100"}
    yield from _steady(now, "up", scraped, 1)
    for version in VERSIONS:
        failed = version.failed * version.pods
        answered = version.requests * version.pods - failed
        counts = {"200": answered, "500": failed} if failed else {"200": answered}
        for code, count in counts.items():
            labels = {
                **scraped,
                "service": _slot(version),
                "code": code,
                "method": "POST",
                "protocol": "http",
            }
            yield from _growing(now, "traefik_service_requests_total", labels, count)


def _slot(version: Version) -> str:
    return f"{NAMESPACE}-{version.model}-{version.track}@kubernetesingressnginx"


def _gpus(now: int) -> Iterator[str]:
    for host, used in (("gpu-a-1", 12000), ("gpu-a-2", 12500), ("gpu-b-1.example.com", 30000)):
        labels = {
            "job": series.DCGM_JOB,
            "instance": f"{host}:9400",
            "Hostname": host,
            "gpu": "0",
            "UUID": f"GPU-{host}",
            "modelName": "NVIDIA A10",
        }
        yield from _steady(now, "up", labels, 1)
        yield from _steady(now, "DCGM_FI_DEV_FB_USED", labels, used)
        yield from _steady(now, "DCGM_FI_DEV_FB_FREE", labels, 40000 - used)
        yield from _steady(now, "DCGM_FI_DEV_GPU_TEMP", labels, 61)
        yield from _steady(now, "DCGM_FI_DEV_GPU_UTIL", labels, 55)
        yield from _steady(now, "DCGM_EXP_XID_ERRORS_COUNT", {**labels, "xid": "79"}, 0)


def _relay(now: int) -> Iterator[str]:
    target = {"job": series.RELAY_JOB, "instance": "10.0.3.1:9095"}
    robot = {**target, "robot": "vision-dingtalk"}
    yield from _steady(now, "up", target, 1)
    yield from _steady(now, "paddle_relay_waiting", robot, 2)
    yield from _steady(now, "paddle_relay_oldest_waiting_seconds", robot, 12)
    yield from _steady(now, "paddle_relay_dead_letters", robot, 1)
    yield from _steady(now, "paddle_relay_dead_letters_total", robot, 1)
    yield from _growing(now, "paddle_relay_requests_total", {**robot, "outcome": "accepted"}, 1)


def _kubelet(now: int) -> Iterator[str]:
    """What kubelets say of the containers on their nodes; only mode `operator` has it."""
    for number in range(VERSIONS[1].pods):
        labels = {"namespace": NAMESPACE, "pod": f"ocr-v1-2-{number}", "container": "model"}
        yield from _steady(now, "container_memory_working_set_bytes", labels, 2 << 30)


def _recorded(now: int) -> Iterator[str]:
    """What the rules have recorded meanwhile, and read again over longer windows."""
    for model in ("ocr", "layout"):
        whose = {"namespace": NAMESPACE, "model": model}
        versions = [version for version in VERSIONS if version.model == model]
        requests = sum(version.requests * version.pods for version in versions) / STEP
        errors = sum(version.failed * version.pods for version in versions) / STEP
        for name in (series.MODEL_REQUESTS, series.MODEL_REQUESTS_1H):
            yield from _steady(now, name, whose, requests)
        for name in (series.MODEL_ERRORS, series.model_errors("1h")):
            yield from _steady(now, name, whose, errors)


def _times(now: int) -> range:
    return range(now - HOUR, now + 1, STEP)


def _steady(now: int, name: str, labels: Labels, value: float) -> Iterator[str]:
    return (_line(name, labels, value, at) for at in _times(now))


def _growing(
    now: int, name: str, labels: Labels, step: float, last: float | None = None
) -> Iterator[str]:
    """A counter that grows by `step` in each step, up to `last`."""
    times = _times(now)
    first = 0.0 if last is None else last - step * (len(times) - 1)
    return (_line(name, labels, first + number * step, at) for number, at in enumerate(times))


def _line(name: str, labels: Labels, value: float, at: int) -> str:
    said = ",".join(f'{key}="{text}"' for key, text in labels.items())
    return f"{name}{{{said}}} {value} {at}"
