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
from tests.promtool.fleet import COMMON, TUNED, Model, alike
from tests.promtool.scenario import Scenario, Suite, conditions, gauge, life, series
from tests.promtool.suites.constants import CONSTANTS


def error_rates(of: Model, limit: float, hold: str, allowed: str) -> list[Scenario]:
    """HighModelErrorRate of a model that is allowed a share of errors."""
    labels = {**of.v1, **of.labels("critical")}
    both = [of.v1, *of.silent(of.v1)]
    texts = of.says(
        "HighModelErrorRate",
        summary=f"{of.name} v1: 13.6% of requests fail",
        description=f"13.6% of the requests to {of.name} v1 failed in the last 5 minutes, at 34 "
        f"requests/s. The SLO allows {allowed}.",
        summary_zh=f"{of.name} v1：13.6% 的请求失败",
        description_zh=f"最近 5 分钟 {of.name} v1 有 13.6% 的请求失败，请求量 34 次/秒。"
        f"SLO 允许 {allowed}。",
    )
    return [
        conditions(
            f"errors of {of.name} above its objective, and at least five of them",
            "HighModelErrorRate",
            labels,
            {
                (limit + 0.0001, 1): True,
                (limit - 0.0001, 1): False,
                (limit, 1): False,
                (1, 4.9 / 300): False,
                (1, 5 / 300): True,
                (1, 5.1 / 300): True,
                (None, None): False,
            },
            series(ERROR_RATIO, **of.v1),
            series(ERRORS, **of.v1),
        ),
        Scenario(
            f"errors of {of.name} wait, fire, and clear five minutes after their end",
            {
                **alike(
                    both,
                    {
                        ERROR_RATIO: gauge((0, "2m"), (0.136, "10m"), (0, "10m")),
                        ERRORS: gauge((0, "2m"), (4.624, "10m"), (0, "10m")),
                        REQUESTS: gauge((34, "22m")),
                    },
                ),
                series(ERROR_RATIO, **of.v2): gauge((0.001, "22m")),
                series(ERRORS, **of.v2): gauge((1, "22m")),
            },
            life("HighModelErrorRate", labels, ("2m", "12m", hold, "5m"), texts),
        ),
    ]


def latencies(of: Model, limit: float, hold: str, allowed: str) -> list[Scenario]:
    """HighModelLatency of a model with an objective in seconds."""
    labels = {**of.v2, **of.labels("warning")}
    both = [of.v2, *of.silent(of.v2)]
    texts = of.says(
        "HighModelLatency",
        summary=f"{of.name} v2: tail latency is 1.734s",
        description=f"The slowest requests to {of.name} v2 took 1.734s or longer in the last 5 "
        f"minutes, at 2.5 requests/s. The SLO for p99 is {allowed}.",
        summary_zh=f"{of.name} v2：尾延迟 1.734s",
        description_zh=f"最近 5 分钟 {of.name} v2 最慢的请求耗时达到 1.734s 以上，"
        f"请求量 2.5 次/秒。p99 的 SLO 是 {allowed}。",
    )
    return [
        conditions(
            f"a tail of {of.name} above its objective",
            "HighModelLatency",
            labels,
            {
                (limit + 0.01,): True,
                (limit,): False,
                (limit - 0.01,): False,
                (float("nan"),): False,
            },
            series(TAIL, **of.v2),
        ),
        Scenario(
            f"latency of {of.name} waits, fires, and clears ten minutes after its end",
            {
                **alike(
                    both,
                    {
                        TAIL: gauge((0, "1m"), (1.734, "12m"), (0, "12m")),
                        REQUESTS: gauge((2.5, "25m")),
                    },
                ),
                series(TAIL, **of.v1): gauge((0.1, "25m")),
            },
            life("HighModelLatency", labels, ("1m", "13m", hold, "10m"), texts),
        ),
    ]


def falls(of: Model, hold: str) -> list[Scenario]:
    """LowModelQPS, of requests that are under the floor."""
    labels = {**of.model, **of.labels("warning")}
    both = [of.model, *of.silent(of.model)]
    texts = of.says(
        "LowModelQPS",
        summary=f"{of.name}: only 12.5 requests/s instead of 40",
        description=f"{of.name} got 12.5 requests/s in the last 5 minutes. At this hour of the "
        "last three weeks it got 40; the alert fires under 20.",
        summary_zh=f"{of.name}：请求量仅 12.5 次/秒，平时为 40",
        description_zh=f"最近 5 分钟 {of.name} 的请求量为 12.5 次/秒，过去三周同一时段为 40；"
        "低于 20 时告警。",
    )
    return [
        conditions(
            f"five minutes tell a fall of {of.name} where there are many, half an hour where few",
            "LowModelQPS",
            labels,
            {
                # Five minutes: 48 - 4 sqrt(48 / 300) = 46.4.
                (46.3, 90, 48): True,
                (46.4, 90, 48): False,
                (46.5, 90, 48): False,
                # Half an hour: 18 - 4 sqrt(18 / 1800) = 17.6, and still under the floor now.
                (17.9, 17.59, 18): True,
                (17.9, 17.6, 18): False,
                (17.9, 17.61, 18): False,
                (18.1, 17.5, 18): False,
                (18, 17.5, 18): False,
                # Few requests: silence says nothing under 16 expected ones.
                (0, 0, 0.0090): True,
                (0, 0, 0.0088): False,
                (0, 0.001, 0.0090): False,
                # No norm yet, no traffic known.
                (0, 0, None): False,
                (None, None, 48): False,
            },
            *(series(name, **of.model) for name in (MODEL_REQUESTS, MODEL_REQUESTS_30M, FLOOR)),
        ),
        Scenario(
            f"a fall of {of.name} waits, fires, and clears ten minutes after its end",
            alike(
                both,
                {
                    MODEL_REQUESTS: gauge((40, "1m"), (12.5, "21m"), (40, "11m")),
                    MODEL_REQUESTS_30M: gauge((40, "33m")),
                    FLOOR: gauge((20, "33m")),
                    NORM: gauge((40, "33m")),
                },
            ),
            life("LowModelQPS", labels, ("1m", "22m", hold, "10m"), texts),
        ),
    ]


SUITES = [
    Suite(alert, ["objectives"], scenarios, alert, CONSTANTS)
    for alert, scenarios in (
        (
            "HighModelErrorRate",
            [*error_rates(COMMON, 0.01, "5m", "1%"), *error_rates(TUNED, 0.0625, "3m", "6.25%")],
        ),
        (
            "HighModelLatency",
            [*latencies(COMMON, 0.5, "10m", "500ms"), *latencies(TUNED, 1, "4m", "1s")],
        ),
        ("LowModelQPS", [*falls(COMMON, "15m"), *falls(TUNED, "20m")]),
    )
]
