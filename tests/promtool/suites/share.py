"""Observed share against the live weight."""

from __future__ import annotations

from monitoring.rules.series import (
    MODEL_REQUESTS,
    MODEL_REQUESTS_30M,
    REQUESTS,
    REQUESTS_30M,
    weight_over,
)
from tests.promtool.fleet import (
    ELSEWHERE,
    EXPORTER,
    LAYOUT,
    LAYOUT2,
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

WEIGHTS = tuple(weight_over(end, back) for back in ("5m", "35m") for end in ("min", "max"))


def constant_weight(of: dict[str, str], percent: float, time: str) -> dict[str, Values]:
    """A canary's weight, live and as recorded over all windows."""
    samples = gauge((percent, time))
    return {
        **weight(of, "canary", samples),
        **{series(name, **of): samples for name in WEIGHTS},
    }


def shares(
    name: str,
    of: dict[str, str],
    labels: dict[str, str],
    percent: float,
    cases: dict[tuple[float | None, ...], bool],
) -> Scenario:
    """Requests of canary and model over 5m, then over 30m -> fires, at a constant weight."""
    model = {"namespace": of["namespace"], "model": of["model"]}
    scenario = conditions(
        name,
        "TrafficShareOff",
        {**of, **labels},
        cases,
        series(REQUESTS, **of),
        series(MODEL_REQUESTS, **model),
        series(REQUESTS_30M, **of),
        series(MODEL_REQUESTS_30M, **model),
    )
    return Scenario(name, {**scenario.input, **constant_weight(of, percent, "5m")}, scenario.checks)


OFF = [
    shares(
        "a share is off when chance and testers together do not explain it",
        OCR2,
        VISION_WARNED,
        5,
        {
            # 6000 requests in 5 minutes: 222 to 498 at 5%, of which 2% may choose.
            (0.738, 20, None, None): True,
            (0.741, 20, None, None): False,
            (1.658, 20, None, None): False,
            (1.661, 20, None, None): True,
            # 3600 in half an hour: 119 to 315. Six of 600 are no surprise yet.
            (0.02, 2, 0.0660, 2): True,
            (0.02, 2, 0.0665, 2): False,
            (0.1, 2, 0.1745, 2): False,
            (0.1, 2, 0.1750, 2): True,
            # Very few requests: a canary that gets none of 30 is no surprise.
            (0, 0.1, 0, 0.1): False,
            # No requests, no share.
            (0, 0, 0, 0): False,
            (None, None, None, None): False,
        },
    ),
    shares(
        "at weight 0 testers alone reach a canary",
        OCR2,
        VISION_WARNED,
        0,
        {
            (0, 20, None, None): False,
            (0.560, 20, None, None): False,
            (0.565, 20, None, None): True,
        },
    ),
    shares(
        "at weight 100 testers alone reach stable",
        OCR2,
        VISION_WARNED,
        100,
        {
            (20, 20, None, None): False,
            (19.44, 20, None, None): False,
            (19.43, 20, None, None): True,
        },
    ),
    shares(
        "a model that lets a quarter of its requests choose",
        LAYOUT2,
        PLATFORM_WARNED,
        50,
        {
            (6.98, 20, None, None): True,
            (6.99, 20, None, None): False,
            (13.01, 20, None, None): False,
            (13.02, 20, None, None): True,
        },
    ),
    Scenario(
        "any weight of the window explains a share, and none outside",
        {
            **weight(OCR2, "canary", gauge((20, "5m"))),
            **recorded(weight_over("min", "5m"), OCR2, gauge((5, "5m"))),
            **recorded(weight_over("max", "5m"), OCR2, gauge((20, "5m"))),
            **recorded(weight_over("min", "35m"), OCR2, gauge((0, "5m"))),
            **recorded(weight_over("max", "35m"), OCR2, gauge((50, "5m"))),
            **recorded(MODEL_REQUESTS, OCR, gauge((1000, "5m"))),
            **recorded(
                REQUESTS,
                OCR2,
                gauge((45, "15s"), (50, "15s"), (110, "15s"), (215, "15s"), (225, "15s")),
            ),
            **recorded(MODEL_REQUESTS_30M, OCR, gauge((1000, "5m"))),
            **recorded(
                REQUESTS_30M,
                OCR2,
                gauge((0, "15s"), (300, "15s"), (510, "15s"), (0, "30s"), (530, "1m")),
            ),
        },
        [
            alerts("0s", "TrafficShareOff", [{**OCR2, **VISION_WARNED}]),
            alerts("15s", "TrafficShareOff"),
            alerts("30s", "TrafficShareOff"),
            alerts("45s", "TrafficShareOff"),
            alerts("1m", "TrafficShareOff", [{**OCR2, **VISION_WARNED}]),
            alerts("1m15s", "TrafficShareOff", [{**OCR2, **VISION_WARNED}]),
        ],
    ),
    Scenario(
        "a canary that gets nothing fires after ten minutes, and clears ten minutes later",
        {
            **constant_weight(OCR2, 5, "25m"),
            **recorded(MODEL_REQUESTS, OCR, gauge((40, "25m"))),
            **recorded(REQUESTS, OCR2, gauge((2, "1m"), (0.2, "11m"), (2, "13m"))),
            # Stable has the rest, which is off just as much; one alert is enough.
            **recorded(REQUESTS, OCR1, gauge((38, "1m"), (39.8, "11m"), (38, "13m"))),
            **weight(OCR1, "stable", gauge((95, "25m"))),
            **{series(name, **OCR1): gauge((95, "25m")) for name in WEIGHTS},
        },
        [
            alerts("45s", "TrafficShareOff"),
            alerts("10m45s", "TrafficShareOff", [{**OCR2, **VISION_WARNED}]),
            alerts("11m", "TrafficShareOff", [], [{**OCR2, **VISION_WARNED}]),
            said(
                "11m",
                "TrafficShareOff",
                {**OCR2, **VISION_WARNED},
                summary="ocr v2: gets 0.5% of the requests at weight 5%",
                description="The canary ocr v2 got 0.5% of the requests to ocr, 40 requests/s in "
                "the last 5 minutes. Its weight is 5%.",
                summary_zh="ocr v2：权重 5%，实际得到 0.5% 的请求",
                description_zh="灰度版本 ocr v2 得到 ocr 的 0.5% 的请求，最近 5 分钟共 40 次/秒。"
                "其权重为 5%。",
                runbook="https://runbooks.example.com/TrafficShareOff.md",
                **LINKS,
            ),
            alerts("21m45s", "TrafficShareOff", [], [{**OCR2, **VISION_WARNED}]),
            alerts("22m", "TrafficShareOff"),
        ],
    ),
    Scenario(
        "shares of a model with its own patience, a silenced one, and one of another stack",
        {
            each: samples
            for of in (LAYOUT2, QUIET2, {**OCR2, "namespace": ELSEWHERE})
            for each, samples in {
                **constant_weight(of, 50, "20m"),
                **recorded(REQUESTS, of, gauge((0, "6m"), (20, "14m"))),
                **recorded(
                    MODEL_REQUESTS,
                    {"namespace": of["namespace"], "model": of["model"]},
                    gauge((40, "20m")),
                ),
                **recorded(REQUESTS_30M, of, gauge((20, "20m"))),
                **recorded(
                    MODEL_REQUESTS_30M,
                    {"namespace": of["namespace"], "model": of["model"]},
                    gauge((40, "20m")),
                ),
            }.items()
        },
        [
            alerts("4m45s", "TrafficShareOff", [{**LAYOUT2, **PLATFORM_WARNED}]),
            alerts("5m", "TrafficShareOff", [], [{**LAYOUT2, **PLATFORM_WARNED}]),
            alerts("15m45s", "TrafficShareOff", [], [{**LAYOUT2, **PLATFORM_WARNED}]),
            alerts("16m", "TrafficShareOff"),
        ],
    ),
]

RECORDED = [
    Scenario(
        "the range of a weight covers the window, and every track that the version was on",
        {
            **weight(OCR2, "canary", gauge((5, "1m"), (20, "5m"), (100, "2m"), (None, "40m"))),
            **weight(OCR2, "stable", gauge((None, "8m"), (100, "40m"))),
            series("paddle_canary_weight", job="forged", **OCR2, track="canary"): gauge((1, "8m")),
            **weight({**OCR2, "namespace": ELSEWHERE}, "canary", gauge((1, "48m"))),
        },
        [
            values("5m30s", weight_over("min", "5m"), {series(**OCR2): 5}),
            values("6m", weight_over("min", "5m"), {series(**OCR2): 20}),
            values("5m45s", weight_over("max", "5m"), {series(**OCR2): 20}),
            values("6m", weight_over("max", "5m"), {series(**OCR2): 100}),
            values("8m30s", weight_over("min", "5m"), {series(**OCR2): 20}),
            values("10m30s", weight_over("min", "5m"), {series(**OCR2): 20}),
            values("10m45s", weight_over("min", "5m"), {series(**OCR2): 100}),
            values("35m30s", weight_over("min", "35m"), {series(**OCR2): 5}),
            values("36m", weight_over("min", "35m"), {series(**OCR2): 20}),
            values("36m", weight_over("max", "35m"), {series(**OCR2): 100}),
        ],
    ),
    Scenario(
        "a second exporter widens the range",
        {
            series(
                "paddle_canary_weight",
                **{**EXPORTER, "instance": instance},
                **OCR2,
                track="canary",
            ): gauge((percent, "1m"))
            for instance, percent in (("old", 5), ("new", 20))
        },
        [
            values("30s", weight_over(end, back), {series(**OCR2): percent})
            for end, percent in (("min", 5), ("max", 20))
            for back in ("5m", "35m")
        ],
    ),
    Scenario(
        "half an hour of requests is an average of what there is",
        {
            **recorded(REQUESTS, OCR2, gauge((None, "10m"), (2, "15m"), (6, "15m"), (0, "15m"))),
            **recorded(REQUESTS, {**OCR2, "namespace": ELSEWHERE}, gauge((2, "40m"))),
            **recorded(REQUESTS, {**LAYOUT, "version": "v1"}, gauge((3, "40m"))),
        },
        [
            values("20m", f'{REQUESTS_30M}{{model="ocr"}}', {series(**OCR2): 2}),
            values("39m45s", f'{REQUESTS_30M}{{model="ocr"}}', {series(**OCR2): 4}),
            values("54m45s", f'{REQUESTS_30M}{{model="ocr"}}', {series(**OCR2): 3}),
            values("20m", f'{REQUESTS_30M}{{model="layout"}}', {series(**LAYOUT, version="v1"): 3}),
        ],
    ),
]

SUITES = [
    Suite("share-recording", ["share-recording"], RECORDED),
    Suite("TrafficShareOff", ["share"], OFF, "TrafficShareOff", CONSTANTS),
]
