"""Rates, ratios and quantiles of each version, from which every other rule and dashboard reads.

The rate of the latency buckets is most of the cost: it is computed once, here.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from monitoring.rules.chance import LEAST_ERRORS
from monitoring.rules.rule import RecordingRule
from monitoring.rules.series import (
    BUCKETS,
    ERROR_RATIO,
    ERRORS,
    MODEL_ERRORS,
    MODEL_REQUESTS,
    MODELS_JOB,
    P50,
    P95,
    P99,
    REQUESTS,
    TAIL,
    model_error_ratio,
)
from monitoring.rules.tuned import of_namespace

BY_VERSION = "namespace, model, version"
WINDOW_SECONDS = 300
_QUANTILES = {P50: 0.5, P95: 0.95, P99: 0.99}


def rules(config: StackConfig) -> Iterator[RecordingRule]:
    """Recording rules, each after those that it reads."""
    select = of_namespace(config)
    yield _rate(select, REQUESTS, "paddle_model_requests_total", BY_VERSION)
    yield _rate(select, ERRORS, "paddle_model_errors_total", BY_VERSION)
    yield RecordingRule(ERROR_RATIO, f"{ERRORS}{{{select}}} / ({REQUESTS}{{{select}}} > 0)")
    yield _rate(select, BUCKETS, "paddle_model_latency_seconds_bucket", f"{BY_VERSION}, le")
    for record, quantile in _QUANTILES.items():
        yield RecordingRule(record, f"histogram_quantile({quantile}, {BUCKETS}{{{select}}})")
    yield RecordingRule(TAIL, "\nor\n".join(_shown(select, each) for each in (P99, P95, P50)))
    for record, source in ((MODEL_REQUESTS, REQUESTS), (MODEL_ERRORS, ERRORS)):
        yield RecordingRule(record, f"sum by (namespace, model) ({source}{{{select}}})")
    yield RecordingRule(
        model_error_ratio("5m"), f"{MODEL_ERRORS}{{{select}}} / ({MODEL_REQUESTS}{{{select}}} > 0)"
    )


def _rate(select: str, record: str, counter: str, by: str) -> RecordingRule:
    scraped = f'{counter}{{job="{MODELS_JOB}",{select}}}'
    return RecordingRule(record, f"sum by ({by}) (rate({scraped}[5m]))")


def _shown(select: str, quantile: str) -> str:
    """A quantile where enough requests are above it for the quantile to mean anything."""
    above = f"{1 - _QUANTILES[quantile]:g} * {WINDOW_SECONDS}"
    count = f'{BUCKETS}{{{select},le="+Inf"}} * {above}'
    return f"({quantile}{{{select}}} and ignoring (le) {count} >= {LEAST_ERRORS})"
