"""A canary against stable, from recorded series and the exporter's weights."""

from __future__ import annotations

from collections.abc import Mapping

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
    COMMON,
    ELSEWHERE,
    EXPORTER,
    LAYOUT,
    LAYOUT1,
    LAYOUT2,
    NAMESPACE,
    OCR,
    OCR1,
    OCR2,
    TUNED,
    Model,
    alike,
    recorded,
    weight,
)
from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    conditions,
    gauge,
    life,
    series,
    values,
)
from tests.promtool.suites.constants import CONSTANTS

Labels = Mapping[str, str]


def on_tracks(scenario: Scenario, *canaries: Labels) -> Scenario:
    """The scenario with these versions on track canary, and v1 of their models on stable."""
    time = gauge((5, "30m"))
    tracks: dict[str, Values] = {}
    for of in canaries:
        tracks |= weight(of, "canary", time)
        tracks |= weight({**of, "version": "v1"}, "stable", time)
    return Scenario(scenario.name, {**scenario.input, **tracks}, scenario.checks)


def without_version(of: Labels) -> dict[str, str]:
    return {key: value for key, value in of.items() if key != "version"}


def arms(of: Labels) -> tuple[str, ...]:
    """Ratio, errors and requests of a canary, then errors and requests of stable."""
    canary = (series(name, **of) for name in (ERROR_RATIO, ERRORS, REQUESTS))
    stable = (series(name, **without_version(of)) for name in (STABLE_ERRORS, STABLE_REQUESTS))
    return (*canary, *stable)


Counts = tuple[float, float, float, float]
"""Per second: errors and requests of the canary, errors and requests of stable."""


def error_rates(of: Model, hold: str, times: int, cases: Mapping[Counts, bool]) -> list[Scenario]:
    """CanaryErrorsAboveStable of a model that tolerates so many times stable's errors."""
    labels = {**of.v2, **of.labels("warning")}
    both = [of.v2, *of.silent(of.v2)]
    good, bad = (0.001, 0.005, 5, 0.095, 95), (0.2, 1, 5, 0.095, 95)
    fails = zip(*([good] * 4 + [bad] * 12 + [good] * 24), strict=True)
    texts = of.says(
        "CanaryErrorsAboveStable",
        summary=f"{of.name} v2: 20% of requests fail, on stable 0.1%",
        description=f"20% of the requests to the canary {of.name} v2 failed in the last 5 minutes, "
        f"at 5 requests/s. Of those to stable 0.1% failed; {times} times as many are tolerated.",
        summary_zh=f"{of.name} v2：20% 的请求失败，稳定版为 0.1%",
        description_zh=f"最近 5 分钟灰度版本 {of.name} v2 有 20% 的请求失败，请求量 5 次/秒。"
        f"稳定版为 0.1%，容许其 {times} 倍。",
    )
    rows: dict[tuple[float | None, ...], bool] = {
        (row[0] / row[1], *row): holds for row, holds in cases.items()
    }
    samples = list(map(list, fails))
    return [
        on_tracks(
            conditions(
                f"a canary of {of.name} fails more than chance gives {times} times stable's ratio",
                "CanaryErrorsAboveStable",
                labels,
                rows,
                *arms(of.v2),
            ),
            of.v2,
        ),
        on_tracks(
            Scenario(
                f"a canary of {of.name} that fails waits, fires, and clears five minutes later",
                {
                    name: values
                    for each in both
                    for name, values in zip(arms(each), samples, strict=True)
                }
                # Stable is never worse than itself.
                | alike(
                    [of.v1],
                    {
                        ERROR_RATIO: gauge((1, "10m")),
                        ERRORS: gauge((95, "10m")),
                        REQUESTS: gauge((95, "10m")),
                    },
                ),
                life("CanaryErrorsAboveStable", labels, ("1m", "4m", hold, "5m"), texts),
            ),
            *both,
        ),
    ]


COMMON_CASES: dict[Counts, bool] = {
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
}
TUNED_CASES: dict[Counts, bool] = {
    (0.905, 8, 0.25, 16): True,
    (0.903, 8, 0.25, 16): False,
    (0.0687, 1, 0.05, 19): True,
    (0.0684, 1, 0.05, 19): False,
    (0.0438, 1, 0, 19): True,
    (0.0434, 1, 0, 19): False,
    (5, 10, 5, 10): False,
    (5, 10, 0, 0): False,
}


def latencies(of: Model, hold: str, times: float, shown: str) -> list[Scenario]:
    """CanarySlowerThanStable of a model that tolerates so many times stable's p95."""
    labels = {**of.v2, **of.labels("warning")}
    both = [of.v2, *of.silent(of.v2)]
    texts = of.says(
        "CanarySlowerThanStable",
        summary=f"{of.name} v2: 3.5 times as slow as stable",
        description=f"p95 of the canary {of.name} v2 is 350ms in the last 5 minutes, that of "
        f"stable 100ms: 3.5 times as much, {shown} times is tolerated.",
        summary_zh=f"{of.name} v2：延迟是稳定版的 3.5 倍",
        description_zh=f"最近 5 分钟灰度版本 {of.name} v2 的 p95 为 350ms，稳定版为 100ms，"
        f"是其 3.5 倍，容许 {shown} 倍。",
    )
    counts = {
        series(BUCKETS, **each, le=le): gauge((count, "24m"))
        for each in [*both, of.v1]
        for le, count in (("0.1", 0), ("+Inf", 2))
    }
    return [
        on_tracks(
            conditions(
                f"p95 of {of.name} above {shown} times stable's, from a hundred requests on",
                "CanarySlowerThanStable",
                labels,
                {
                    (times * 0.25 + 0.01, 0.25, 1, 0): True,
                    (times * 0.25, 0.25, 1, 0): False,
                    (times * 0.25 - 0.01, 0.25, 1, 0): False,
                    (9, 0.25, 99 / 300, 0.1): False,
                    (9, 0.25, 100 / 300, 0.1): True,
                    (None, None, 1, 1): False,
                },
                series(P95, **of.v2),
                series(STABLE_P95, **of.model),
                series(BUCKETS, **of.v2, le="+Inf"),
                series(BUCKETS, **of.v2, le="0.1"),
            ),
            of.v2,
        ),
        on_tracks(
            Scenario(
                f"a slow canary of {of.name} waits, fires, and clears ten minutes later",
                {
                    **alike(both, {P95: gauge((0.1, "1m"), (0.35, "11m"), (0.1, "12m"))}),
                    **alike(map(without_version, both), {STABLE_P95: gauge((0.1, "24m"))}),
                    # Stable is never slower than itself.
                    **alike([of.v1], {P95: gauge((9, "24m"))}),
                    **counts,
                },
                life("CanarySlowerThanStable", labels, ("1m", "12m", hold, "10m"), texts),
            ),
            *both,
        ),
    ]


NOW = gauge((1, "1m"))
OTHER_OCR1 = {**OCR1, "namespace": ELSEWHERE}
STABLE = [
    Scenario(
        "stable is who is on track stable now, whoever it was before, for each model by itself",
        {
            **weight(OCR1, "stable", gauge((95, "15s"), (None, "45s"))),
            **weight(OCR1, "canary", gauge((None, "15s"), (0, "45s"))),
            **weight(OCR2, "canary", gauge((5, "15s"), (None, "45s"))),
            **weight(OCR2, "stable", gauge((None, "15s"), (100, "45s"))),
            **weight(LAYOUT1, "stable", gauge((100, "1m"))),
            **weight(OTHER_OCR1, "stable", gauge((100, "1m"))),
            series("paddle_canary_weight", job="forged", **LAYOUT2, track="stable"): NOW,
            **{
                series(name, **of): gauge((value * times, "1m"))
                for times, name in enumerate((REQUESTS, ERRORS, P95), 1)
                for of, value in (
                    (OCR1, 7),
                    (OCR2, 3),
                    (LAYOUT1, 5),
                    (LAYOUT2, 9),
                    (OTHER_OCR1, 8),
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
            **{
                series(name, **of): gauge((value, "1m"))
                for name in (P95, REQUESTS, ERRORS)
                for of, value in ((OCR1, 2), (OCR2, 3))
            },
        },
        [
            values("15s", name, {series(**OCR): 3})
            for name in (STABLE_P95, STABLE_REQUESTS, STABLE_ERRORS)
        ],
    ),
]

SUITES = [
    Suite("canary-recording", ["canary-recording"], STABLE),
    Suite(
        "CanaryErrorsAboveStable",
        ["canary"],
        [
            *error_rates(COMMON, "2m", 2, COMMON_CASES),
            *error_rates(TUNED, "90s", 4, TUNED_CASES),
        ],
        "CanaryErrorsAboveStable",
        CONSTANTS,
    ),
    Suite(
        "CanarySlowerThanStable",
        ["canary"],
        [*latencies(COMMON, "10m", 2, "2"), *latencies(TUNED, "5m", 3, "3")],
        "CanarySlowerThanStable",
        CONSTANTS,
    ),
]
