"""The metrics of one version of a model, at zero from the start: the first error is an increase.

The contract that alerts and the rollout read, with the label `version` alone: requests, errors,
latency. Every answer of an inference route counts as a request. Answers with 5xx count as errors:
the handler failed (500), its worker hung (504), or the service was full or without workers (503).
Answers with 4xx are the client's, and no errors. They stay out of the latency, as those with 503
do, because they would flatter it. The table for users is in docs/serving.md.

`paddle_model_quality` carries the handler's own scores of its answers; `paddle_serving_*` is about
this container.
"""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from service.workers.messages import Ready
from service.workers.pool import Result

# Seconds. The bounds are dense around the usual objectives: a quantile is exact only at a bound,
# so 0.5 s, the default objective for p99, has to be one.
LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 2.0, 5.0, 10.0)
_QUEUE_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)

_RESTARTS = ("died", "hung", "memory", "start")

# What an inference route answers beside 200 (`service.front.inputs`); a handler may have others.
_REFUSALS = (400, 404, 405, 408, 411, 413, 415, 422, 500, 503, 504)

# Seconds. A bucket keeps its last exemplar alone, and each costs as much as two observations.
_EXEMPLAR_EVERY_S = 0.1

# OpenMetrics allows 128 characters for an exemplar's names and values together.
_EXEMPLAR = 100

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What one container counts.

    Args:
        in_flight: gives the number of requests between arrival and answer.
    """

    def __init__(self, version: str, in_flight: Callable[[], float]) -> None:
        self._version = version
        self._registry = CollectorRegistry()
        self._requests = self._counter("paddle_model_requests_total", "Answers to inferences.")
        self._errors = self._counter(
            "paddle_model_errors_total", "Answers to inferences with status 5xx."
        )
        self._latency = self._histogram(
            "paddle_model_latency_seconds",
            "Seconds from the end of the request body to the answer, without 4xx and 503.",
            LATENCY_BUCKETS,
        )
        self._queue = self._histogram(
            "paddle_serving_queue_seconds", "Seconds in the queue for a worker.", _QUEUE_BUCKETS
        )
        self._batch = self._histogram(
            "paddle_serving_batch_size", "Requests in the batch of a request.", _BATCH_BUCKETS
        )
        self._refusals = Counter(
            "paddle_serving_refusals_total",
            "Answers to inferences with a status other than 200, by status.",
            ["version", "status"],
            registry=self._registry,
        )
        for status in _REFUSALS:
            self._refusals.labels(version, str(status))
        restarts = Counter(
            "paddle_serving_worker_restarts_total",
            "Workers that were replaced: died, hung, memory, or start: could not load the model.",
            ["version", "reason"],
            registry=self._registry,
        )
        self._restarts = {reason: restarts.labels(version, reason) for reason in _RESTARTS}
        self._load = self._gauge("paddle_serving_load_seconds", "Seconds to load the model.")
        self._warm = self._gauge("paddle_serving_warm_up_seconds", "Seconds to warm it up.")
        self._gauge("paddle_serving_requests_in_flight", "Requests inside.").set_function(in_flight)
        self._next_exemplar = 0.0
        self._quality = _Quality(version)
        self._registry.register(self._quality)

    def record(self, status: int, seconds: float, result: Result | None, request_id: str) -> None:
        """Counts one answer of an inference route.

        Args:
            seconds: from the end of the request's body to the answer.
            result: what the pool gave, None where it gave nothing.
        """
        self._requests.inc()
        if status >= 500:
            self._errors.inc()
        if status != 200:
            self._refusals.labels(self._version, str(status)).inc()
        if status < 400 or status in (500, 504):
            self._latency.observe(seconds, self._exemplar(request_id))
        if result is not None:
            self._queue.observe(result.queue_s)
            self._batch.observe(result.batch)
            self._quality.observe(result.quality)

    def _exemplar(self, request_id: str) -> dict[str, str] | None:
        now = time.monotonic()
        if now < self._next_exemplar or len(request_id) > _EXEMPLAR:
            return None
        self._next_exemplar = now + _EXEMPLAR_EVERY_S
        return {"request_id": request_id}

    def loaded(self, ready: Ready) -> None:
        """A worker has loaded the model; the first one tells which signals there are."""
        self._load.set(ready.load_s)
        self._warm.set(ready.warm_s)
        self._quality.declare(ready.signals)

    def restarted(self, reason: str) -> None:
        """A worker is being replaced."""
        self._restarts[reason].inc()

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The metrics and their Content-Type, in the format that an Accept header asks for.

        Only OpenMetrics carries exemplars (the request ids of latencies).
        """
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, ["version"], registry=self._registry).labels(self._version)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ["version"], registry=self._registry).labels(self._version)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        family = Histogram(name, text, ["version"], buckets=buckets, registry=self._registry)
        return family.labels(self._version)


class _Quality(Collector):
    """One histogram whose signals have buckets of their own, which the library has no class for."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._lock = threading.Lock()
        self._bounds: dict[str, Sequence[float]] = {}
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def declare(self, signals: Mapping[str, Sequence[float]]) -> None:
        with self._lock:
            for signal, bounds in signals.items():
                if signal not in self._bounds:
                    self._bounds[signal] = bounds
                    self._counts[signal] = [0] * (len(bounds) + 1)
                    self._sums[signal] = 0.0

    def observe(self, scores: Mapping[str, float]) -> None:
        with self._lock:
            for signal, value in scores.items():
                self._counts[signal][bisect_left(self._bounds[signal], value)] += 1
                self._sums[signal] += value

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(
            "paddle_model_quality",
            "Scores that the handler gives its answers.",
            labels=["version", "signal"],
        )
        with self._lock:
            for signal, bounds in self._bounds.items():
                names = [_name(bound) for bound in (*bounds, math.inf)]
                buckets = list(zip(names, accumulate(self._counts[signal]), strict=True))
                family.add_metric([self._version, signal], buckets, self._sums[signal])
        if family.samples:
            yield family


def _name(bound: float) -> str:
    """A bucket's bound as the library writes it."""
    name: str = floatToGoString(bound)  # type: ignore[no-untyped-call]
    return name
