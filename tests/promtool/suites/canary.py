"""A canary against stable, from recorded series and the exporter's weights."""

from __future__ import annotations

import math
from collections.abc import Mapping

from monitoring.rules.series import (
    BUCKETS,
    ERROR_RATIO,
    ERRORS,
    EXCESS_ERRORS,
    EXCESS_ERRORS_30M,
    EXCESS_VARIANCE,
    EXCESS_VARIANCE_30M,
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
    QUIET1,
    QUIET2,
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


Counts = tuple[float, float, float, float]
"""Per second: errors and requests of the canary, errors and requests of stable."""
Excess = tuple[float, float]
"""Errors of the canary beyond those that it shares with stable, and their variance."""


def counts(of: Labels, errors: float, requests: float) -> dict[str, Values]:
    """Errors and requests per second of a version."""
    return {
        **recorded(ERRORS, of, gauge((errors, "2m"))),
        **recorded(REQUESTS, of, gauge((requests, "2m"))),
    }


def always_failing(of: Labels) -> dict[str, Values]:
    """A canary that always fails, with what its stable version does."""
    stable = without_version(of)
    return {
        **counts(of, 9, 9),
        **counts({**of, "version": "v1"}, 0, 9),
        **recorded(STABLE_ERRORS, stable, gauge((0, "2m"))),
        **recorded(STABLE_REQUESTS, stable, gauge((9, "2m"))),
    }


# A model that leaves everything as it is, too. Its v2 is on no track.
ANOTHER = {**OCR, "model": "another"}
ANOTHER1, ANOTHER2, ANOTHER3 = ({**ANOTHER, "version": f"v{each}"} for each in (1, 2, 3))
OF_ANOTHER = {**counts(ANOTHER1, 1, 10), **counts(ANOTHER2, 9, 9), **counts(ANOTHER3, 4, 5)}
EXCESS_OF_ANOTHER = {series(**ANOTHER3): (4 - 5 / 2, 5 / 4)}


def excess(of: Labels, times: int, cases: Mapping[Counts, Excess | None]) -> Scenario:
    """Errors of a canary that stable does not excuse, and their variance, for each case."""
    stable = {**of, "version": "v1"}
    sources = (
        *(series(name, **of) for name in (ERRORS, REQUESTS)),
        *(series(name, **stable) for name in (ERRORS, REQUESTS)),
    )
    elsewhere = {**of, "namespace": ELSEWHERE}
    checks = [
        values(
            f"{15 * row}s",
            name,
            {
                labels: found[place]
                for labels, found in (EXCESS_OF_ANOTHER | {series(**of): case}).items()
                if found
            },
        )
        for row, case in enumerate(cases.values())
        for place, name in enumerate((EXCESS_ERRORS, EXCESS_VARIANCE))
    ]
    found = {
        **dict(zip(sources, map(list, zip(*cases, strict=True)), strict=True)),
        **OF_ANOTHER,
        **always_failing(elsewhere),
        # A model without the alert.
        **counts(QUIET1, 0, 9),
        **counts(QUIET2, 9, 9),
        series("paddle_canary_weight", job="forged", **stable, track="canary"): gauge((5, "2m")),
    }
    name = f"errors of a canary of {of['model']} beyond {times} times those of stable"
    return on_tracks(Scenario(name, found, checks), of, elsewhere, QUIET2, ANOTHER3)


# errors, requests, stable's errors and requests: excess = x - (x + s) p and
# variance = (x + s) p (1 - p), where p = times * requests / (times * requests + stable's requests).
COMMON_EXCESS: dict[Counts, Excess | None] = {
    (2, 5, 1, 10): (2 - 3 / 2, 3 / 4),
    (2, 10, 1, 10): (2 - 3 * 2 / 3, 3 * 2 / 9),
    (1, 10, 1, 10): (1 - 2 * 2 / 3, 2 * 2 / 9),
    (6, 5, 0, 20): (6 - 6 / 3, 6 * 2 / 9),
    (0, 5, 0, 20): (0, 0),
    (0.5, 0.5, 0.25, 1): (0.5 - 0.75 / 2, 0.75 / 4),
    # Nobody is left on stable to be compared with.
    (2, 5, 1, 0): None,
}
TUNED_EXCESS: dict[Counts, Excess | None] = {
    (2, 5, 1, 20): (2 - 3 / 2, 3 / 4),
    (2, 5, 1, 10): (2 - 3 * 2 / 3, 3 * 2 / 9),
    (0.5, 0.25, 0.25, 1): (0.5 - 0.75 / 2, 0.75 / 4),
    (2, 5, 1, 0): None,
}
EXCESSES = [excess(OCR2, 2, COMMON_EXCESS), excess(LAYOUT2, 4, TUNED_EXCESS)]

HALF_HOURS = [
    Scenario(
        "half an hour is a sum of minutes, and minutes without a canary count nothing",
        {
            series(name, **of): gauge((None, "10m"), (level, "10m"), (0, "40m"), step=60)
            for of in (OCR2, {**OCR2, "namespace": ELSEWHERE})
            for name, level in ((EXCESS_ERRORS, 6), (EXCESS_VARIANCE, 3))
        },
        [
            check
            for name, level in ((EXCESS_ERRORS_30M, 6), (EXCESS_VARIANCE_30M, 3))
            for check in (
                values("14m", name, {series(**OCR2): level * 5 / 30}),
                values("19m", name, {series(**OCR2): level * 10 / 30}),
                values("39m", name, {series(**OCR2): level * 10 / 30}),
                values("40m", name, {series(**OCR2): level * 9 / 30}),
                values("48m", name, {series(**OCR2): level * 1 / 30}),
                values("49m", name, {series(**OCR2): 0}),
            )
        ],
    )
]


def signals(of: Labels) -> tuple[str, ...]:
    """Error ratio of a canary, excess and variance of five minutes, and of half an hour."""
    names = (
        ERROR_RATIO,
        *(EXCESS_ERRORS, EXCESS_VARIANCE),
        *(EXCESS_ERRORS_30M, EXCESS_VARIANCE_30M),
    )
    return tuple(series(name, **of) for name in names)


def limit(variance: float, seconds: int) -> float:
    """Errors per second that chance may give beyond what is expected."""
    return (4 * math.sqrt(variance * seconds) + 16 / 3) / seconds


def error_rates(of: Model, hold: str, times: int) -> list[Scenario]:
    """CanaryErrorsAboveStable of a model that tolerates so many times stable's errors."""
    labels = {**of.v2, **of.labels("warning")}
    both = [of.v2, *of.silent(of.v2)]
    now, then = (limit(each, 300) for each in (0.01, 0.25))
    long, longer = (limit(each, 1800) for each in (0.01, 0.25))
    # Exactly on the limit, to the last bit, which takes a variance of 0.
    tie, long_tie = (limit(0, each) for each in (300, 1800))
    no = (0, 0)
    cases: dict[tuple[float | None, ...], bool] = {
        (0.2, now + 0.0001, 0.01, *no): True,
        (0.2, now - 0.0001, 0.01, *no): False,
        (0.2, then + 0.0001, 0.25, *no): True,
        (0.2, then - 0.0001, 0.25, *no): False,
        (0.2, tie, 0, *no): False,
        (0.2, 1, 0, *no): True,
        (0.2, *no, *no): False,
        # Half an hour, and still so.
        (0.2, 0.0001, 9, long + 0.00001, 0.01): True,
        (0.2, 0, 9, long + 0.00001, 0.01): False,
        (0.2, -1, 9, long + 0.00001, 0.01): False,
        (0.2, 0.0001, 9, long - 0.00001, 0.01): False,
        (0.2, 0.0001, 9, long_tie, 0): False,
        (0.2, 0.0001, 9, longer + 0.00001, 0.25): True,
        (0.2, 0.0001, 9, longer - 0.00001, 0.25): False,
        # Versions of other models have a ratio, and no excess.
        (0.2, None, None, None, None): False,
        (None, 1, 0, 1, 0): False,
    }
    good, bad = (0.001, *no, *no), (0.2, 1, 0.01, *no)
    samples = list(map(list, zip(*([good] * 4 + [bad] * 12 + [good] * 24), strict=True)))
    texts = of.says(
        "CanaryErrorsAboveStable",
        summary=f"{of.name} v2: 20% of requests fail, on stable 0.1%",
        description=f"20% of the requests to the canary {of.name} v2 failed in the last 5 minutes, "
        f"at 5 requests/s. Of those to stable 0.1% failed; {times} times as many are tolerated.",
        summary_zh=f"{of.name} v2：20% 的请求失败，稳定版为 0.1%",
        description_zh=f"最近 5 分钟灰度版本 {of.name} v2 有 20% 的请求失败，请求量 5 次/秒。"
        f"稳定版为 0.1%，容许其 {times} 倍。",
    )
    return [
        conditions(
            f"a canary of {of.name} fails more than chance gives {times} times stable's ratio",
            "CanaryErrorsAboveStable",
            labels,
            cases,
            *signals(of.v2),
        ),
        Scenario(
            f"a canary of {of.name} that fails waits, fires, and clears five minutes later",
            {
                name: values
                for each in both
                for name, values in zip(signals(each), samples, strict=True)
            }
            | alike(both, {REQUESTS: gauge((5, "10m"))})
            | alike(
                map(without_version, both),
                {STABLE_ERRORS: gauge((0.095, "10m")), STABLE_REQUESTS: gauge((95, "10m"))},
            ),
            life("CanaryErrorsAboveStable", labels, ("1m", "4m", hold, "5m"), texts),
        ),
    ]


def latencies(of: Model, hold: str, keep: str, times: float, shown: str) -> list[Scenario]:
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
    buckets = {
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
                f"a slow canary of {of.name} waits, fires, and clears {keep} later",
                {
                    **alike(both, {P95: gauge((0.1, "1m"), (0.35, "11m"), (0.1, "12m"))}),
                    **alike(
                        map(without_version, [*both, ANOTHER1]), {STABLE_P95: gauge((0.1, "24m"))}
                    ),
                    # Stable is no canary, whatever another than the exporter says, and though its
                    # version is one of another model.
                    **alike([of.v1], {P95: gauge((9, "24m"))}),
                    series("paddle_canary_weight", job="forged", **of.v1, track="canary"): gauge(
                        (5, "24m")
                    ),
                    **weight(ANOTHER1, "canary", gauge((5, "24m"))),
                    **buckets,
                },
                life("CanarySlowerThanStable", labels, ("1m", "12m", hold, keep), texts),
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
    Suite("canary-recording", ["canary-recording"], [*STABLE, *EXCESSES]),
    Suite("canary-half-hours", ["canary-recording"], HALF_HOURS, step=60),
    Suite(
        "CanaryErrorsAboveStable",
        ["canary"],
        [
            *error_rates(COMMON, "2m", 2),
            *error_rates(TUNED, "90s", 4),
        ],
        "CanaryErrorsAboveStable",
        CONSTANTS,
    ),
    Suite(
        "CanarySlowerThanStable",
        ["canary"],
        [*latencies(COMMON, "10m", "10m", 2, "2"), *latencies(TUNED, "5m", "6m", 3, "3")],
        "CanarySlowerThanStable",
        CONSTANTS,
    ),
]
