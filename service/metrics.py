"""The metrics contract: three metrics with the label `version`, nothing else.

Every answer of /infer counts as a request. Answers with 5xx count as errors. Answers with 4xx are
the client's: they are no errors, and stay out of the latency because they would flatter it.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

# Seconds. The bounds are dense around the usual objectives: a quantile is exact only at a bound,
# so 0.5 s, the default objective for p99, has to be one.
LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 2.0, 5.0, 10.0)

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one version, at zero from the start: the first error is an increase."""

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "paddle_model_requests_total",
            "Answers of /infer.",
            ["version"],
            registry=self._registry,
        ).labels(version)
        self._errors = Counter(
            "paddle_model_errors_total",
            "Answers of /infer with status 5xx.",
            ["version"],
            registry=self._registry,
        ).labels(version)
        self._latency = Histogram(
            "paddle_model_latency_seconds",
            "Seconds from the end of the request body to the answer, without 4xx answers.",
            ["version"],
            buckets=LATENCY_BUCKETS,
            registry=self._registry,
        ).labels(version)

    def record(self, status: int, seconds: float) -> None:
        """Counts one answer of /infer with its HTTP status and latency in seconds."""
        self._requests.inc()
        if status >= 500:
            self._errors.inc()
        if status < 400 or status >= 500:
            self._latency.observe(seconds)

    def text(self) -> bytes:
        """The metrics in the Prometheus text format 0.0.4."""
        return generate_latest(self._registry)
