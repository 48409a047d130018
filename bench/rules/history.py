"""What Prometheus must remember for the rules to cost what they cost after weeks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from bench.openmetrics import Floats, blocks, series, write_block
from bench.rules.fleet import NAMESPACE, PODS, RATE, VERSIONS, model_names, pod_labels
from monitoring.rules.series import (
    MODEL_ERRORS,
    MODEL_REQUESTS,
    MODEL_REQUESTS_1H,
    REQUESTS,
    model_errors,
)

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY
# rate() over five minutes needs two samples: half as many as that, and a tenth of what real scrapes
# would leave, which is in favour of the rule that reads them all.
_SPARSE = 150

Samples = Iterator[tuple[str, Floats, Floats]]


def write(models: int, end: int, data: Path, raw_days: float) -> int:
    """Write blocks up to a Unix time; give the number of samples.

    Raw requests of each pod over some days, for the mean of seven days that the naive rule takes;
    and what the recording rules would have left, as far back as other rules read it.
    """
    spans = list(_spans(raw_days))
    oldest = end - max(span.oldest for span in spans)
    written = 0
    for start, stop in blocks(oldest, end):
        parts = [
            span.make(models, times) for span in spans if len(times := span.times(start, stop, end))
        ]
        if parts:
            written += write_block(chain.from_iterable(parts), data)
    return written


@dataclass(frozen=True)
class _Span:
    """Series that are needed between two ages, with a sample every `step` seconds."""

    make: Callable[[int, Floats], Samples]
    step: int
    oldest: int
    newest: int = 0

    def times(self, start: int, stop: int, end: int) -> Floats:
        """Times of samples in a block, where the history ends at `end`."""
        first, last = max(start, end - self.oldest), min(stop, end - self.newest)
        first += -first % self.step
        return np.arange(first, last, self.step, dtype=float)


def _spans(raw_days: float) -> Iterator[_Span]:
    yield _Span(_raw, _SPARSE, int(raw_days * DAY))
    yield _Span(partial(_of_models, (MODEL_REQUESTS_1H, model_errors("1h"))), HOUR, 3 * DAY + HOUR)
    yield _Span(partial(_of_models, (MODEL_REQUESTS, MODEL_ERRORS)), 15, 6 * HOUR)
    yield _Span(_of_versions, 15, HOUR)
    for week in (1, 2, 3):
        # The norm reads half an hour after this time of past weeks; the bench takes minutes.
        now = week * WEEK
        yield _Span(partial(_of_models, (MODEL_REQUESTS_1H,)), 60, now, now - 2 * HOUR)


def _raw(models: int, times: Floats) -> Samples:
    for model in model_names(models):
        for version, (_, weight) in VERSIONS.items():
            counter = np.round(times * RATE * weight / 95)
            for pod in range(PODS):
                labels = pod_labels(model, version, pod)
                yield series("paddle_model_requests_total", labels), counter, times


def _of_models(names: tuple[str, ...], models: int, times: Floats) -> Samples:
    level = np.full(len(times), RATE * PODS * 100 / 95)
    for name in names:
        share = 1 if "requests" in name else 0.001
        for model in model_names(models):
            yield series(name, {"namespace": NAMESPACE, "model": model}), level * share, times


def _of_versions(models: int, times: Floats) -> Samples:
    for model in model_names(models):
        for version, (_, weight) in VERSIONS.items():
            labels = {"namespace": NAMESPACE, "model": model, "version": version}
            yield series(REQUESTS, labels), np.full(len(times), RATE * PODS * weight / 95), times
