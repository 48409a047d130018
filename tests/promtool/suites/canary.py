"""A canary against stable, from recorded series and the exporter's weights."""

from __future__ import annotations

from monitoring.rules.series import (
    BUCKETS,
    ERROR_RATIO,
    ERRORS,
    P95,
    REQUESTS,
    STABLE_ERRORS,
    STABLE_P95,
    STABLE_REQUESTS,
)
from tests.promtool.fleet import (
    ELSEWHERE,
    EXPORTER,
    LAYOUT,
    LAYOUT1,
    LAYOUT2,
    NAMESPACE,
    OCR,
    OCR1,
    OCR2,
    QUIET2,
    recorded,
    weight,
)
from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    alerts,
    conditions,
    gauge,
    said,
    series,
    values,
)
from tests.promtool.suites.constants import CONSTANTS
from tests.promtool.suites.objectives import LINKS, PLATFORM_WARNED, VISION_WARNED

ROWS = gauge((5, "5m"))


def on_canary(scenario: Scenario, *versions: dict[str, str], samples: Values = ROWS) -> Scenario:
    """The scenario with these versions on track canary, and all others on stable."""
    tracks: dict[str, Values] = {}
    for of in versions:
        tracks |= weight(of, "canary", samples)
        tracks |= weight({**of, "version": "v1"}, "stable", samples)
    return Scenario(scenario.name, {**scenario.input, **tracks}, scenario.checks)


def arms(canary: dict[str, str]) -> tuple[str, ...]:
    """Ratio, errors and requests of a canary, then errors and requests of stable."""
    model = {"namespace": canary["namespace"], "model": canary["model"]}
    return (
        series(ERROR_RATIO, **canary),
        series(ERRORS, **canary),
        series(REQUESTS, **canary),
        series(STABLE_ERRORS, **model),
        series(STABLE_REQUESTS, **model),
    )


def compared(
    name: str, of: dict[str, str], labels: dict[str, str], cases: dict[tuple[float, ...], bool]
) -> Scenario:
    """Errors of canary, requests of canary, errors of stable, requests of stable -> fires."""
    rows: dict[tuple[float | None, ...], bool] = {
        (row[0] / row[1], *row): holds for row, holds in cases.items()
    }
    return on_canary(
        conditions(name, "CanaryErrorsAboveStable", {**of, **labels}, rows, *arms(of)), of
    )


ERROR_RATES = [
    compared(
        "a canary's errors are more than chance gives twice stable's ratio",
        OCR2,
        VISION_WARNED,
        {
            (0.509, 10, 0.1, 10): True,
            (0.507, 10, 0.1, 10): False,
            (0.0603, 1, 0.1, 19): True,
            (0.0600, 1, 0.1, 19): False,
            (0.0334, 1, 0, 19): True,
            (0.0333, 1, 0, 19): False,
            (0.484, 8, 0.25, 16): True,
            (0.482, 8, 0.25, 16): False,
            # As bad as stable, however bad that is.
            (5, 10, 5, 10): False,
            # Nobody is left on stable to compare with.
            (5, 10, 0, 0): False,
        },
    ),
    compared(
        "a model that tolerates four times stable's ratio",
        LAYOUT2,
        PLATFORM_WARNED,
        {
            (0.905, 8, 0.25, 16): True,
            (0.903, 8, 0.25, 16): False,
            (0.0687, 1, 0.05, 19): True,
            (0.0684, 1, 0.05, 19): False,
        },
    ),
    on_canary(
        Scenario(
            "a canary that fails more fires after two minutes, and clears five minutes later",
            {
                **dict(
                    zip(
                        arms(OCR2),
                        map(
                            list,
                            zip(
                                *(
                                    [(0.001, 0.005, 5, 0.095, 95)] * 4
                                    + [(0.2, 1, 5, 0.095, 95)] * 12
                                    + [(0.001, 0.005, 5, 0.095, 95)] * 24
                                ),
                                strict=True,
                            ),
                        ),
                        strict=True,
                    )
                ),
                # Stable is never worse than itself.
                **recorded(ERROR_RATIO, OCR1, gauge((1, "10m"))),
                **recorded(ERRORS, OCR1, gauge((95, "10m"))),
                **recorded(REQUESTS, OCR1, gauge((95, "10m"))),
            },
            [
                alerts("45s", "CanaryErrorsAboveStable"),
                alerts("2m45s", "CanaryErrorsAboveStable", [{**OCR2, **VISION_WARNED}]),
                alerts("3m", "CanaryErrorsAboveStable", [], [{**OCR2, **VISION_WARNED}]),
                said(
                    "3m",
                    "CanaryErrorsAboveStable",
                    {**OCR2, **VISION_WARNED},
                    summary="ocr v2: 20% of requests fail, on stable 0.1%",
                    description="20% of the requests to the canary ocr v2 failed in the last 5 "
                    "minutes, at 5 requests/s. Of those to stable 0.1% failed; 2 times as many "
                    "are tolerated.",
                    summary_zh="ocr v2：20% 的请求失败，稳定版为 0.1%",
                    description_zh="最近 5 分钟灰度版本 ocr v2 有 20% 的请求失败，"
                    "请求量 5 次/秒。稳定版为 0.1%，容许其 2 倍。",
                    runbook="https://runbooks.example.com/CanaryErrorsAboveStable.md",
                    **LINKS,
                ),
                alerts("8m45s", "CanaryErrorsAboveStable", [], [{**OCR2, **VISION_WARNED}]),
                alerts("9m", "CanaryErrorsAboveStable"),
            ],
        ),
        OCR2,
        samples=gauge((5, "10m")),
    ),
    on_canary(
        Scenario(
            "errors of a canary with its own patience, a silenced one, and one of another stack",
            {
                each: gauge((value, "2m"), (0, "8m"))
                for of in (LAYOUT2, QUIET2, {**OCR2, "namespace": ELSEWHERE})
                for each, value in zip(arms(of), (0.5, 5, 10, 0, 90), strict=True)
            },
            [
                alerts("1m15s", "CanaryErrorsAboveStable", [{**LAYOUT2, **PLATFORM_WARNED}]),
                alerts("1m30s", "CanaryErrorsAboveStable", [], [{**LAYOUT2, **PLATFORM_WARNED}]),
                alerts("6m45s", "CanaryErrorsAboveStable", [], [{**LAYOUT2, **PLATFORM_WARNED}]),
                alerts("7m", "CanaryErrorsAboveStable"),
            ],
        ),
        LAYOUT2,
        QUIET2,
        {**OCR2, "namespace": ELSEWHERE},
        samples=gauge((5, "10m")),
    ),
]


def slower(of: dict[str, str], p95: Values, stable: Values, count: Values) -> dict[str, Values]:
    """p95 of a canary and of stable, and the canary's requests per second."""
    model = {"namespace": of["namespace"], "model": of["model"]}
    return {
        **recorded(P95, of, p95),
        **recorded(STABLE_P95, model, stable),
        **recorded(BUCKETS, {**of, "le": "+Inf"}, count),
        **recorded(BUCKETS, {**of, "le": "0.1"}, [0.0] * len(count)),
    }


LATENCIES = [
    on_canary(
        conditions(
            "p95 above twice stable's, from a hundred requests on",
            "CanarySlowerThanStable",
            {**OCR2, **VISION_WARNED},
            {
                (0.41, 0.2, 1): True,
                (0.4, 0.2, 1): False,
                (0.39, 0.2, 1): False,
                (9, 0.2, 99 / 300): False,
                (9, 0.2, 100 / 300): True,
            },
            series(P95, **OCR2),
            series(STABLE_P95, **OCR),
            series(BUCKETS, **OCR2, le="+Inf"),
        ),
        OCR2,
    ),
    on_canary(
        conditions(
            "a model that tolerates three times stable's p95",
            "CanarySlowerThanStable",
            {**LAYOUT2, **PLATFORM_WARNED},
            {(0.74, 0.25, 1): False, (0.75, 0.25, 1): False, (0.76, 0.25, 1): True},
            series(P95, **LAYOUT2),
            series(STABLE_P95, **LAYOUT),
            series(BUCKETS, **LAYOUT2, le="+Inf"),
        ),
        LAYOUT2,
    ),
    on_canary(
        Scenario(
            "a slow canary fires after ten minutes, and clears ten minutes later",
            {
                **slower(
                    OCR2,
                    gauge((0.1, "1m"), (0.25, "11m"), (0.1, "12m")),
                    gauge((0.1, "24m")),
                    gauge((2, "24m")),
                ),
                # Stable is never slower than itself.
                **recorded(P95, OCR1, gauge((9, "24m"))),
                **recorded(BUCKETS, {**OCR1, "le": "+Inf"}, gauge((9, "24m"))),
            },
            [
                alerts("45s", "CanarySlowerThanStable"),
                alerts("10m45s", "CanarySlowerThanStable", [{**OCR2, **VISION_WARNED}]),
                alerts("11m", "CanarySlowerThanStable", [], [{**OCR2, **VISION_WARNED}]),
                said(
                    "11m",
                    "CanarySlowerThanStable",
                    {**OCR2, **VISION_WARNED},
                    summary="ocr v2: 2.5 times as slow as stable",
                    description="p95 of the canary ocr v2 is 250ms in the last 5 minutes, that of "
                    "stable 100ms: 2.5 times as much, 2 times is tolerated.",
                    summary_zh="ocr v2：延迟是稳定版的 2.5 倍",
                    description_zh="最近 5 分钟灰度版本 ocr v2 的 p95 为 250ms，稳定版为 100ms，"
                    "是其 2.5 倍，容许 2 倍。",
                    runbook="https://runbooks.example.com/CanarySlowerThanStable.md",
                    **LINKS,
                ),
                alerts("21m45s", "CanarySlowerThanStable", [], [{**OCR2, **VISION_WARNED}]),
                alerts("22m", "CanarySlowerThanStable"),
            ],
        ),
        OCR2,
        samples=gauge((5, "24m")),
    ),
    on_canary(
        Scenario(
            "latency of a canary with its own patience, a silenced one, and one of another stack",
            {
                each: samples
                for of in (LAYOUT2, QUIET2, {**OCR2, "namespace": ELSEWHERE})
                for each, samples in slower(
                    of,
                    gauge((9, "6m"), (0.1, "12m")),
                    gauge((0.1, "18m")),
                    gauge((2, "18m")),
                ).items()
            },
            [
                alerts("4m45s", "CanarySlowerThanStable", [{**LAYOUT2, **PLATFORM_WARNED}]),
                alerts("5m", "CanarySlowerThanStable", [], [{**LAYOUT2, **PLATFORM_WARNED}]),
                alerts("15m45s", "CanarySlowerThanStable", [], [{**LAYOUT2, **PLATFORM_WARNED}]),
                alerts("16m", "CanarySlowerThanStable"),
            ],
        ),
        LAYOUT2,
        QUIET2,
        {**OCR2, "namespace": ELSEWHERE},
        samples=gauge((5, "18m")),
    ),
]

NOW = gauge((1, "1m"))
STABLE = [
    Scenario(
        "stable is who is on track stable now, whoever it was before, for each model by itself",
        {
            **weight(OCR1, "stable", gauge((95, "15s"), (None, "45s"))),
            **weight(OCR1, "canary", gauge((None, "15s"), (0, "45s"))),
            **weight(OCR2, "canary", gauge((5, "15s"), (None, "45s"))),
            **weight(OCR2, "stable", gauge((None, "15s"), (100, "45s"))),
            **weight(LAYOUT1, "stable", gauge((100, "1m"))),
            **weight({**OCR1, "namespace": ELSEWHERE}, "stable", gauge((100, "1m"))),
            series("paddle_canary_weight", job="forged", **LAYOUT2, track="stable"): NOW,
            **{
                series(name, **of): gauge((value * times, "1m"))
                for times, name in enumerate((REQUESTS, ERRORS, P95), 1)
                for of, value in (
                    (OCR1, 7),
                    (OCR2, 3),
                    (LAYOUT1, 5),
                    (LAYOUT2, 9),
                    ({**OCR1, "namespace": ELSEWHERE}, 8),
                )
            },
        },
        [
            check
            for times, name in enumerate((STABLE_REQUESTS, STABLE_ERRORS, STABLE_P95), 1)
            for check in (
                values("0s", name, {series(**OCR): 7 * times, series(**LAYOUT): 5 * times}),
                values("30s", name, {series(**OCR): 3 * times, series(**LAYOUT): 5 * times}),
            )
        ],
    ),
    Scenario(
        "two exporters that tell of the same stable version do not count it twice",
        {
            **{
                series(
                    "paddle_canary_weight",
                    **{**EXPORTER, "instance": instance},
                    namespace=NAMESPACE,
                    model="ocr",
                    version="v1",
                    track="stable",
                ): NOW
                for instance in ("old", "new")
            },
            **recorded(REQUESTS, OCR1, NOW),
        },
        [values("15s", STABLE_REQUESTS, {series(**OCR): 1})],
    ),
    Scenario(
        "a second stable version, for the moment of a promotion, does not add up",
        {
            **weight(OCR1, "stable", NOW),
            **weight(OCR2, "stable", NOW),
            **recorded(P95, OCR1, gauge((2, "1m"))),
            **recorded(P95, OCR2, gauge((3, "1m"))),
            **recorded(REQUESTS, OCR1, gauge((2, "1m"))),
            **recorded(REQUESTS, OCR2, gauge((3, "1m"))),
            **recorded(ERRORS, OCR1, gauge((2, "1m"))),
            **recorded(ERRORS, OCR2, gauge((3, "1m"))),
        },
        [
            values("15s", name, {series(**OCR): 3})
            for name in (STABLE_P95, STABLE_REQUESTS, STABLE_ERRORS)
        ],
    ),
]

SUITES = [
    Suite("canary-recording", ["canary-recording"], STABLE),
    Suite("CanaryErrorsAboveStable", ["canary"], ERROR_RATES, "CanaryErrorsAboveStable", CONSTANTS),
    Suite("CanarySlowerThanStable", ["canary"], LATENCIES, "CanarySlowerThanStable", CONSTANTS),
]
