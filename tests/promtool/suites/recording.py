"""Rates, ratios and quantiles of versions."""

from __future__ import annotations

from monitoring.rules.series import (
    BUCKETS,
    ERROR_RATIO,
    ERRORS,
    MODEL_ERROR_RATIO,
    MODEL_ERRORS,
    MODEL_REQUESTS,
    P50,
    P95,
    P99,
    REQUESTS,
    TAIL,
)
from tests.promtool.fleet import (
    ELSEWHERE,
    LAYOUT1,
    OCR,
    OCR1,
    OCR2,
    QUIET,
    QUIET1,
    buckets,
    errors,
    pod,
    requests,
)
from tests.promtool.scenario import Scenario, Suite, Values, counter, series, values

AT = "10m"
FEW_P95 = 0.1 + 0.4 * 0.35 / 0.37
FEW_P50 = 0.1 * 0.5 / 0.6
ELSE = {**OCR1, "namespace": ELSEWHERE}


def latency(
    under_200ms: float, under_500ms: float, under_1s: float, other: float = 0
) -> dict[str, Values]:
    """Buckets of requests per second with these latencies."""
    bounds = {"0.2": under_200ms, "0.5": under_500ms, "1": under_1s, "+Inf": other}
    total, found = 0.0, {}
    for le, rate in bounds.items():
        total += rate
        found[le] = counter((total, AT), (total, "15s"))
    return found


def steady(rate: float) -> Values:
    return counter((rate, AT), (rate, "15s"))


RATES = [
    Scenario(
        "rates are sums over the pods of a version, whatever their track, of this stack alone",
        {
            **requests(pod(OCR1, "a"), steady(3)),
            **requests({**pod(OCR1, "b"), "track": "canary"}, steady(5)),
            **requests(pod(OCR2, "c"), steady(2)),
            **requests(pod(LAYOUT1, "d"), steady(7)),
            **requests(pod(QUIET1, "e"), steady(0.5)),
            **errors(pod(QUIET1, "e"), steady(0.25)),
            **requests(pod({**OCR1, "namespace": ELSEWHERE}), steady(100)),
            **requests(pod(OCR1, "a", job="another-job"), steady(100)),
            **errors(pod(OCR1, "a"), steady(1)),
            **errors(pod(OCR1, "b"), steady(1)),
            **errors(pod(OCR2, "c"), steady(1)),
            **errors(pod(OCR1, "a", job="another-job"), steady(1)),
            **errors(pod({**OCR1, "namespace": ELSEWHERE}), steady(100)),
        },
        [
            values(
                AT,
                REQUESTS,
                {
                    series(**OCR1): 8,
                    series(**OCR2): 2,
                    series(**LAYOUT1): 7,
                    series(**QUIET1): 0.5,
                },
            ),
            values(AT, ERRORS, {series(**OCR1): 2, series(**OCR2): 1, series(**QUIET1): 0.25}),
            values(
                AT,
                ERROR_RATIO,
                {series(**OCR1): 0.25, series(**OCR2): 0.5, series(**QUIET1): 0.5},
            ),
            values(
                AT,
                f'{MODEL_REQUESTS}{{model="ocr"}}',
                {series(**OCR): 10},
            ),
            values(AT, MODEL_ERRORS, {series(**OCR): 3, series(**QUIET): 0.25}),
            values(AT, MODEL_ERROR_RATIO, {series(**OCR): 0.3, series(**QUIET): 0.5}),
        ],
    ),
    Scenario(
        "a rate looks back five minutes",
        {
            **requests(pod(OCR1), counter((10, "5m"), (0, "5m"))),
            **errors(pod(OCR1), counter((10, "5m"), (0, "5m"))),
            **buckets(pod(OCR1), {"+Inf": counter((10, "5m"), (0, "5m"))}),
        },
        [
            check
            for name, labels in (
                (REQUESTS, series(**OCR1)),
                (ERRORS, series(**OCR1)),
                (BUCKETS, series(**OCR1, le="+Inf")),
            )
            for check in (
                values("4m45s", name, {labels: 10}),
                values("9m15s", name, {labels: 15 * 10 / 285}),
                values("9m30s", name, {labels: 0}),
            )
        ],
    ),
    Scenario(
        "no requests make no ratio",
        {**requests(pod(OCR1), steady(0)), **errors(pod(OCR1), steady(0))},
        [values(AT, ERROR_RATIO, {}), values(AT, MODEL_ERROR_RATIO, {})],
    ),
    Scenario(
        "latency is a quantile of all pods of a version together",
        {
            **buckets(pod(OCR1, "a"), latency(80, 0, 0)),
            **buckets(pod(OCR1, "b"), latency(10, 8, 2)),
            **buckets(pod({**OCR1, "namespace": ELSEWHERE}), latency(0, 0, 100)),
            **buckets(pod(OCR1, "a", job="another-job"), latency(0, 0, 100)),
        },
        [
            values(
                AT,
                f'{BUCKETS}{{le="0.5"}}',
                {series(**OCR1, le="0.5"): 98},
            ),
            values(AT, P50, {series(**OCR1): 0.2 * 50 / 90}),
            values(AT, P95, {series(**OCR1): 0.2 + 0.3 * 5 / 8}),
            values(AT, P99, {series(**OCR1): 0.5 + 0.5 * 1 / 2}),
        ],
    ),
    Scenario(
        "the tail is the highest quantile that five requests exceed",
        {
            # Requests of five minutes that are above p99, p95, p50.
            **buckets(pod(OCR1), latency(1.68 * 0.9, 0, 1.68 * 0.1)),  # 5.04, 25, 252
            **buckets(pod(OCR2), latency(1.64 * 0.9, 0, 1.64 * 0.1)),  # 4.92, 25, 246
            **buckets(pod(LAYOUT1), latency(0, 0.31, 0.01)),  # 0.96, 4.8, 48
            **buckets(pod({**OCR, "version": "v3"}), latency(0, 0.34, 0.01)),  # 1, 5.25, 52
            **buckets(pod({**OCR, "version": "v4"}), latency(0, 0.034, 0)),  # 0.1, 0.5, 5.1
            **buckets(pod({**OCR, "version": "v5"}), latency(0, 0.033, 0)),  # 0.1, 0.5, 4.95
        },
        [
            values(
                AT,
                TAIL,
                {
                    series(**OCR1): 0.5 + 0.5 * 0.9,
                    series(**OCR2): 0.5 + 0.5 * 0.5,
                    series(**LAYOUT1): 0.2 + 0.3 * 0.16 / 0.31,
                    series(**OCR, version="v3"): 0.2 + 0.3 * 0.3325 / 0.34,
                    series(**OCR, version="v4"): 0.2 + 0.3 * 0.5,
                },
            )
        ],
    ),
    Scenario(
        "five requests above a quantile are exactly enough",
        {
            series(BUCKETS, **of, le=le): [enough * share, fewer * share]
            # Requests per second of which five in five minutes are above p99, p95, p50; and fewer.
            for of, enough, fewer in (
                (OCR1, 1.6666666666666665, 1.6),
                (OCR2, 0.3333333333333333, 0.3),
                (LAYOUT1, 0.03333333333333333, 0.03),
            )
            for le, share in (("0.1", 0.6), ("0.5", 0.97), ("1", 0.985), ("+Inf", 1))
        },
        [
            values(
                "0s", TAIL, {series(**OCR1): 1, series(**OCR2): FEW_P95, series(**LAYOUT1): FEW_P50}
            ),
            values("15s", TAIL, {series(**OCR1): FEW_P95, series(**OCR2): FEW_P50}),
        ],
    ),
    Scenario(
        "what another stack has recorded stays its own",
        {
            series(name, **ELSE, **labels): [1, 1]
            for name in (REQUESTS, ERRORS, P99, P95, P50, BUCKETS)
            for labels in ([{"le": "1"}, {"le": "+Inf"}] if name == BUCKETS else [{}])
        },
        # A quantile that is computed anew from the buckets is refused as a second sample.
        [values("15s", name, {}) for name in (ERROR_RATIO, TAIL, MODEL_REQUESTS, MODEL_ERRORS)],
    ),
    Scenario(
        "so does what it has recorded of a whole model",
        {
            series(name, **OCR | {"namespace": ELSEWHERE}): [1]
            for name in (MODEL_REQUESTS, MODEL_ERRORS)
        },
        [values("0s", MODEL_ERROR_RATIO, {})],
    ),
]

SUITES = [Suite("recording", ["recording"], RATES)]
