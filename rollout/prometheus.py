"""Raw counters of a model's pods from Prometheus.

A range selector gives the samples as they were scraped, with their own times. `rate` and
`increase` extrapolate between them, and fractions of requests are no input for statistics.
https://prometheus.io/docs/prometheus/latest/querying/api/#range-vectors
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from infra.config import Model
from rollout.sources import Source, SourceAway, labels, result

_REQUESTS = "paddle_model_requests_total"
_ERRORS = "paddle_model_errors_total"
_LATENCY = "paddle_model_latency_seconds_bucket"
_QUALITY = "paddle_model_quality_bucket"
_GATEWAY = "traefik_service_requests_total"
_SLOTS = "paddle_canary_route_info"

SILENT_AFTER = 4
"""Scrapes that a pod may miss before it counts as silent."""


@dataclass(frozen=True)
class PodSample:
    """One scrape of one pod: its counters since the process began.

    at: Unix time of the scrape, in seconds.
    observed: requests that the latency histogram has.
    buckets: upper bound in seconds -> requests that took no longer.
    bad: quality signal -> answers beyond its bound.
    """

    at: float
    version: str
    pod: str
    requests: float
    errors: float
    observed: float
    buckets: Mapping[float, float]
    bad: Mapping[str, float]


def scrapes(
    source: Source, namespace: str, name: str, model: Model, seconds: int
) -> list[PodSample]:
    """All scrapes of the model's pods in the last `seconds`, by time. Raises SourceAway."""
    metrics = "|".join((_REQUESTS, _ERRORS, _LATENCY, _QUALITY))
    where = labels(namespace=namespace, model=name)
    query = f'{{__name__=~"{metrics}",{where}}}[{seconds}s]'
    found = result(source.get("/api/v1/query", [("query", query)]))
    scraped: defaultdict[tuple[float, str, str], _Scrape] = defaultdict(_Scrape)
    try:
        for series in found:
            metric = series["metric"]
            for at, value in series["values"]:
                scrape = scraped[float(at), metric["version"], metric["pod"]]
                scrape.take(metric, float(value))
    except (KeyError, TypeError, ValueError) as error:
        raise SourceAway("prometheus: series of another shape") from error
    return [
        scrape.sample(at, version, pod, model)
        for (at, version, pod), scrape in sorted(scraped.items())
        if scrape.requests is not None and scrape.errors is not None
    ]


class _Scrape:
    """What one scrape says, metric by metric."""

    def __init__(self) -> None:
        self.requests: float | None = None
        self.errors: float | None = None
        self.buckets: dict[float, float] = {}
        self.quality: defaultdict[str, dict[float, float]] = defaultdict(dict)

    def take(self, metric: Mapping[str, str], value: float) -> None:
        match metric["__name__"]:
            case "paddle_model_requests_total":
                self.requests = value
            case "paddle_model_errors_total":
                self.errors = value
            case "paddle_model_latency_seconds_bucket":
                self.buckets[_bound(metric)] = value
            case "paddle_model_quality_bucket":
                self.quality[metric["signal"]][_bound(metric)] = value

    def sample(self, at: float, version: str, pod: str, model: Model) -> PodSample:
        bad = {
            signal: _beyond(self.quality[signal], bound.below, bound.above)
            for signal, bound in model.slo.quality.items()
            if signal in self.quality
        }
        finite = {bound: count for bound, count in self.buckets.items() if bound < inf}
        return PodSample(
            at=at,
            version=version,
            pod=pod,
            requests=self.requests or 0,
            errors=self.errors or 0,
            observed=self.buckets.get(inf, 0),
            buckets=finite,
            bad=bad,
        )


def _bound(metric: Mapping[str, str]) -> float:
    return inf if metric["le"] == "+Inf" else float(metric["le"])


def _beyond(buckets: Mapping[float, float], below: float | None, above: float | None) -> float:
    """Answers of a signal that are bad. Raises KeyError for a bound that is no bucket's."""
    return buckets[below] if below is not None else buckets[inf] - buckets[above or 0.0]


@dataclass(frozen=True)
class GatewaySample:
    """What the gateway had counted for one version at a moment."""

    at: float
    version: str
    requests: float
    errors: float


def gateway(source: Source, namespace: str, name: str, seconds: int) -> list[GatewaySample]:
    """The gateway's own counts, which know of requests that no pod has seen. Raises SourceAway."""
    where = labels(namespace=namespace, model=name)
    slots = {
        series["metric"]["slot"]: series["metric"]["version"]
        for series in result(source.get("/api/v1/query", [("query", f"{_SLOTS}{{{where}}}")]))
    }
    if not slots:
        return []
    wanted = "|".join(sorted(slots)).replace("\\", "\\\\").replace(".", "\\\\.")
    query = f'{_GATEWAY}{{service=~"{wanted}"}}[{seconds}s]'
    found = result(source.get("/api/v1/query", [("query", query)]))
    return _by_version(found, slots)


def _by_version(
    found: Iterable[Mapping[str, Any]], slots: Mapping[str, str]
) -> list[GatewaySample]:
    requests: defaultdict[tuple[float, str], float] = defaultdict(float)
    errors: defaultdict[tuple[float, str], float] = defaultdict(float)
    for series in found:
        metric = series["metric"]
        version = slots[metric["service"]]
        for at, value in series["values"]:
            requests[float(at), version] += float(value)
            if metric["code"].startswith("5"):
                errors[float(at), version] += float(value)
    return [
        GatewaySample(at, version, count, errors[at, version])
        for (at, version), count in sorted(requests.items())
    ]
