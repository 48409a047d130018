"""The three alerts about a model's objectives, from recorded series."""

from __future__ import annotations

from monitoring.rules.series import (
    ERROR_RATIO,
    ERRORS,
    FLOOR,
    MODEL_REQUESTS,
    MODEL_REQUESTS_30M,
    NORM,
    REQUESTS,
    TAIL,
)
from tests.promtool.fleet import (
    ELSEWHERE,
    LAYOUT,
    LAYOUT1,
    LAYOUT2,
    OCR,
    OCR1,
    OCR2,
    QUIET,
    QUIET1,
    recorded,
)
from tests.promtool.scenario import Scenario, Suite, alerts, conditions, gauge, said, series
from tests.promtool.suites.constants import CONSTANTS

VISION = {"severity": "critical", "owner": "vision"}
VISION_WARNED = {"severity": "warning", "owner": "vision"}
PLATFORM = {"severity": "critical", "owner": "platform"}
PLATFORM_WARNED = {"severity": "warning", "owner": "platform"}
LINKS = {
    "dashboard": "https://grafana.example.com/d/paddle-canary-canary"
    "?var-namespace=paddle-models&var-model=ocr",
}

ERROR_RATES = [
    conditions(
        "errors above the objective, and at least five of them",
        "HighModelErrorRate",
        {**OCR1, **VISION},
        {
            (0.0101, 1): True,
            (0.0099, 1): False,
            (1, 4.9 / 300): False,
            (1, 5.1 / 300): True,
            (0.01, 1): False,
            (None, None): False,
        },
        series(ERROR_RATIO, **OCR1),
        series(ERRORS, **OCR1),
    ),
    conditions(
        "a model's own objective, exactly",
        "HighModelErrorRate",
        {**LAYOUT2, **PLATFORM},
        {(0.0625, 1): False, (0.0626, 1): True, (0.0624, 1): False, (0.07, 5 / 300): True},
        series(ERROR_RATIO, **LAYOUT2),
        series(ERRORS, **LAYOUT2),
    ),
    Scenario(
        "errors fire after five minutes, say what is wrong, and clear five minutes after their end",
        {
            **recorded(ERROR_RATIO, OCR1, gauge((0.001, "2m"), (0.034, "10m"), (0.001, "10m"))),
            **recorded(ERRORS, OCR1, gauge((0.034, "2m"), (1.156, "10m"), (0.034, "10m"))),
            **recorded(REQUESTS, OCR1, gauge((34, "22m"))),
            **recorded(ERROR_RATIO, OCR2, gauge((0.001, "22m"))),
            **recorded(ERRORS, OCR2, gauge((1, "22m"))),
        },
        [
            alerts("1m45s", "HighModelErrorRate"),
            alerts("2m", "HighModelErrorRate", [{**OCR1, **VISION}]),
            alerts("6m45s", "HighModelErrorRate", [{**OCR1, **VISION}]),
            alerts("7m", "HighModelErrorRate", [], [{**OCR1, **VISION}]),
            said(
                "7m",
                "HighModelErrorRate",
                {**OCR1, **VISION},
                summary="ocr v1: 3.4% of requests fail",
                description="3.4% of the requests to ocr v1 failed in the last 5 minutes, at 34 "
                "requests/s. The SLO allows 1%.",
                summary_zh="ocr v1：3.4% 的请求失败",
                description_zh="最近 5 分钟 ocr v1 有 3.4% 的请求失败，请求量 34 次/秒。"
                "SLO 允许 1%。",
                runbook="https://runbooks.example.com/HighModelErrorRate.md",
                **LINKS,
            ),
            alerts("16m45s", "HighModelErrorRate", [], [{**OCR1, **VISION}]),
            alerts("17m", "HighModelErrorRate"),
        ],
    ),
    Scenario(
        "a model with its own patience, one that is silenced, and a model of another stack",
        {
            series(name, **of): gauge((1, "9m"), (0, "6m"))
            for name in (ERROR_RATIO, ERRORS)
            for of in (LAYOUT1, QUIET1, {**LAYOUT1, "namespace": ELSEWHERE})
        },
        [
            alerts("2m45s", "HighModelErrorRate", [{**LAYOUT1, **PLATFORM}]),
            alerts("3m", "HighModelErrorRate", [], [{**LAYOUT1, **PLATFORM}]),
            alerts("13m45s", "HighModelErrorRate", [], [{**LAYOUT1, **PLATFORM}]),
            alerts("14m", "HighModelErrorRate"),
        ],
    ),
]

LATENCIES = [
    conditions(
        "a tail above the objective",
        "HighModelLatency",
        {**OCR1, **VISION_WARNED},
        {(0.49,): False, (0.5,): False, (0.51,): True, (float("nan"),): False},
        series(TAIL, **OCR1),
    ),
    conditions(
        "a tail above a model's own objective",
        "HighModelLatency",
        {**LAYOUT2, **PLATFORM_WARNED},
        {(0.99,): False, (1,): False, (1.01,): True},
        series(TAIL, **LAYOUT2),
    ),
    Scenario(
        "latency fires after ten minutes, and clears ten minutes after its end",
        {
            **recorded(TAIL, OCR2, gauge((0.1, "1m"), (0.734, "12m"), (0.1, "15m"))),
            **recorded(REQUESTS, OCR2, gauge((2.5, "28m"))),
        },
        [
            alerts("10m45s", "HighModelLatency", [{**OCR2, **VISION_WARNED}]),
            alerts("11m", "HighModelLatency", [], [{**OCR2, **VISION_WARNED}]),
            said(
                "11m",
                "HighModelLatency",
                {**OCR2, **VISION_WARNED},
                summary="ocr v2: tail latency is 734ms",
                description="The slowest requests to ocr v2 took 734ms or longer in the last 5 "
                "minutes, at 2.5 requests/s. The SLO for p99 is 500ms.",
                summary_zh="ocr v2：尾延迟 734ms",
                description_zh="最近 5 分钟 ocr v2 最慢的请求耗时达到 734ms 以上，"
                "请求量 2.5 次/秒。p99 的 SLO 是 500ms。",
                runbook="https://runbooks.example.com/HighModelLatency.md",
                **LINKS,
            ),
            alerts("22m45s", "HighModelLatency", [], [{**OCR2, **VISION_WARNED}]),
            alerts("23m", "HighModelLatency"),
        ],
    ),
    Scenario(
        "latency of a model with its own patience, a silenced one, and one of another stack",
        {
            series(TAIL, **of): gauge((9, "5m"), (0, "12m"))
            for of in (LAYOUT1, QUIET1, {**LAYOUT1, "namespace": ELSEWHERE})
        },
        [
            alerts("3m45s", "HighModelLatency", [{**LAYOUT1, **PLATFORM_WARNED}]),
            alerts("4m", "HighModelLatency", [], [{**LAYOUT1, **PLATFORM_WARNED}]),
            alerts("14m45s", "HighModelLatency", [], [{**LAYOUT1, **PLATFORM_WARNED}]),
            alerts("15m", "HighModelLatency"),
        ],
    ),
]

TRAFFIC = (MODEL_REQUESTS, MODEL_REQUESTS_30M, FLOOR)
FALLS = [
    conditions(
        "five minutes tell where there are many requests, half an hour where few",
        "LowModelQPS",
        {**OCR, **VISION_WARNED},
        {
            # Five minutes: 48 - 4 sqrt(48 / 300) = 46.4.
            (46.3, 90, 48): True,
            (46.5, 90, 48): False,
            # Half an hour: 48 - 4 sqrt(48 / 1800) = 47.347, and still under the floor now.
            (47.9, 47.3, 48): True,
            (47.9, 47.4, 48): False,
            (48.1, 47.3, 48): False,
            (48, 47.3, 48): False,
            # Few requests: silence says nothing under 16 expected ones.
            (0, 0, 0.0090): True,
            (0, 0, 0.0088): False,
            (0, 0.001, 0.0090): False,
            # No norm yet, no traffic known.
            (0, 0, None): False,
            (None, None, 48): False,
        },
        *(series(name, **OCR) for name in TRAFFIC),
    ),
    Scenario(
        "a fall fires after fifteen minutes, and clears ten minutes after its end",
        {
            **recorded(MODEL_REQUESTS, OCR, gauge((40, "1m"), (12.5, "16m"), (40, "15m"))),
            **recorded(MODEL_REQUESTS_30M, OCR, gauge((40, "32m"))),
            **recorded(FLOOR, OCR, gauge((20, "32m"))),
            **recorded(NORM, OCR, gauge((40, "32m"))),
        },
        [
            alerts("45s", "LowModelQPS"),
            alerts("15m45s", "LowModelQPS", [{**OCR, **VISION_WARNED}]),
            alerts("16m", "LowModelQPS", [], [{**OCR, **VISION_WARNED}]),
            said(
                "16m",
                "LowModelQPS",
                {**OCR, **VISION_WARNED},
                summary="ocr: only 12.5 requests/s instead of 40",
                description="ocr got 12.5 requests/s in the last 5 minutes. At this hour of the "
                "last three weeks it got 40; the alert fires under 20.",
                summary_zh="ocr：请求量仅 12.5 次/秒，平时为 40",
                description_zh="最近 5 分钟 ocr 的请求量为 12.5 次/秒，过去三周同一时段为 40；"
                "低于 20 时告警。",
                runbook="https://runbooks.example.com/LowModelQPS.md",
                **LINKS,
            ),
            alerts("26m45s", "LowModelQPS", [], [{**OCR, **VISION_WARNED}]),
            alerts("27m", "LowModelQPS"),
        ],
    ),
    Scenario(
        "a fall of a model with its own patience, a silenced one, and one of another stack",
        {
            series(name, **of): gauge((value, "22m"), (99, "12m"))
            for name, value in zip(TRAFFIC, (0, 0, 40), strict=True)
            for of in (LAYOUT, QUIET, {**LAYOUT, "namespace": ELSEWHERE})
        },
        [
            alerts("19m45s", "LowModelQPS", [{**LAYOUT, **PLATFORM_WARNED}]),
            alerts("20m", "LowModelQPS", [], [{**LAYOUT, **PLATFORM_WARNED}]),
            alerts("31m45s", "LowModelQPS", [], [{**LAYOUT, **PLATFORM_WARNED}]),
            alerts("32m", "LowModelQPS"),
        ],
    ),
]

SUITES = [
    Suite(alert, ["objectives"], scenarios, alert, CONSTANTS)
    for alert, scenarios in (
        ("HighModelErrorRate", ERROR_RATES),
        ("HighModelLatency", LATENCIES),
        ("LowModelQPS", FALLS),
    )
]
