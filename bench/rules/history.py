"""What Prometheus must remember for the rules to cost what they cost after weeks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.openmetrics import BLOCK_SECONDS, Floats, series, write_block
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
_STEP = 15
# rate() over five minutes needs two samples: half as many as that, and a tenth of what real scrapes
# would leave, which is in favour of the rule that reads them all.
_SPARSE = 150

Samples = Iterator[tuple[str, Floats, Floats]]


def write(models: int, end: int, data: Path, raw_days: float) -> int:
    """Write blocks that end before a multiple of two hours; give the number of samples.

    Raw requests of each pod over some days, for the mean of seven days that the naive rule takes;
    and what the recording rules would have left, as far back as other rules read it.
    """
    written = 0
    oldest = end - int(3 * WEEK) - BLOCK_SECONDS
    for first in range(oldest, end, BLOCK_SECONDS):
        parts = list(_parts(models, first, end, raw_days))
        if parts:
            written += write_block((each for part in parts for each in part), data)
    return written


def _parts(models: int, first: int, end: int, raw_days: float) -> Iterator[Samples]:
    """What a block that begins at `first` holds."""
    age = end - first
    if age <= raw_days * DAY:
        yield _raw(models, _times(first, _SPARSE))
    if age <= 3 * DAY + HOUR:
        yield _of_models(models, _times(first, HOUR), (MODEL_REQUESTS_1H, model_errors("1h")))
    if age <= 6 * HOUR + BLOCK_SECONDS:
        yield _of_models(models, _times(first, _STEP), (MODEL_REQUESTS, MODEL_ERRORS))
    if age <= BLOCK_SECONDS:
        yield _of_versions(models, _times(first, _STEP))
    # The norm reads half an hour after the same time of past weeks.
    if any(abs(week * WEEK - age - HOUR) < 2 * BLOCK_SECONDS for week in (1, 2, 3)):
        yield _of_models(models, _times(first, 60), (MODEL_REQUESTS_1H,))


def _times(first: int, step: int) -> Floats:
    return np.arange(first, first + BLOCK_SECONDS, step, dtype=float)


def _raw(models: int, times: Floats) -> Samples:
    for model in model_names(models):
        for version, (_, weight) in VERSIONS.items():
            counter = np.round((times - times[0] + BLOCK_SECONDS) * RATE * weight / 95)
            for pod in range(PODS):
                labels = pod_labels(model, version, pod)
                yield series("paddle_model_requests_total", labels), counter, times


def _of_models(models: int, times: Floats, names: tuple[str, ...]) -> Samples:
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
