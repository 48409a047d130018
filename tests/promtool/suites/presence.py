"""Metrics, pods and routes that are not there."""

from __future__ import annotations

from monitoring.rules.series import REQUESTS
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
    endpoints,
    recorded,
    weight,
)
from tests.promtool.scenario import Scenario, Suite, Values, alerts, gauge, said, series
from tests.promtool.suites.constants import CONSTANTS
from tests.promtool.suites.objectives import (
    LINKS,
    PLATFORM,
    PLATFORM_WARNED,
    VISION,
    VISION_WARNED,
)

ALL = gauge((1, "30m"))


def read(samples: Values) -> dict[str, Values]:
    """When the exporter last read the cluster, Unix time; tests begin at 0."""
    name = "paddle_canary_exporter_last_success_timestamp_seconds"
    return {series(name, **EXPORTER): samples}


def clock(time: str) -> Values:
    """The exporter reads the cluster at each scrape."""
    return [float(15 * each) for each in range(len(gauge((0, time))))]


METRICS = [
    Scenario(
        "a version without metrics fires after fifteen minutes, and clears at once",
        {
            **recorded(REQUESTS, OCR1, ALL),
            **recorded(REQUESTS, OCR2, gauge((1, "1m"), (None, "16m"), (0, "13m"))),
            **recorded(REQUESTS, LAYOUT1, ALL),
            **recorded(REQUESTS, LAYOUT2, ALL),
            # Neither a version without pods nor one that the stack does not know is missed.
            **recorded(REQUESTS, {**OCR, "version": "v9"}, gauge((1, "1m"), (None, "29m"))),
        },
        [
            alerts("45s", "ModelVersionAbsent"),
            alerts("1m", "ModelVersionAbsent", [{**OCR2, **VISION_WARNED}]),
            alerts("15m45s", "ModelVersionAbsent", [{**OCR2, **VISION_WARNED}]),
            alerts("16m", "ModelVersionAbsent", [], [{**OCR2, **VISION_WARNED}]),
            said(
                "16m",
                "ModelVersionAbsent",
                {**OCR2, **VISION_WARNED},
                summary="ocr v2: no metrics",
                description="The stack file gives ocr v2 pods, and Prometheus has no metrics of "
                "any. Nobody knows how this version does.",
                summary_zh="ocr v2：没有指标",
                description_zh="配置中 ocr v2 应有 Pod，但 Prometheus 没有它的任何指标，"
                "该版本的状态未知。",
                runbook="https://runbooks.example.com/ModelVersionAbsent.md",
                **LINKS,
            ),
            alerts("16m45s", "ModelVersionAbsent", [], [{**OCR2, **VISION_WARNED}]),
            alerts("17m", "ModelVersionAbsent"),
        ],
    ),
    Scenario(
        "a model with its own patience; metrics of another stack are no metrics",
        {
            **recorded(REQUESTS, OCR1, ALL),
            **recorded(REQUESTS, OCR2, ALL),
            **recorded(REQUESTS, {**LAYOUT1, "namespace": ELSEWHERE}, ALL),
            **recorded(REQUESTS, LAYOUT2, ALL),
        },
        [
            alerts("9m45s", "ModelVersionAbsent", [{**LAYOUT1, **PLATFORM_WARNED}]),
            alerts("10m", "ModelVersionAbsent", [], [{**LAYOUT1, **PLATFORM_WARNED}]),
        ],
    ),
]

READY_CANARY = {**OCR2, "track": "canary", **VISION}
READY_LAYOUT = {**LAYOUT1, "track": "stable", **PLATFORM}
PODS = [
    Scenario(
        "a version without ready pods fires after a minute, and clears two minutes later",
        {
            **weight(OCR1, "stable", gauge((95, "10m"))),
            **weight(OCR2, "canary", gauge((5, "10m"))),
            **endpoints(OCR1, "stable", gauge((3, "10m"))),
            **endpoints(OCR2, "canary", gauge((1, "1m"), (0, "2m"), (1, "7m"))),
        },
        [
            alerts("45s", "NoReadyEndpoints"),
            alerts("1m45s", "NoReadyEndpoints", [READY_CANARY]),
            alerts("2m", "NoReadyEndpoints", [], [READY_CANARY]),
            said(
                "2m",
                "NoReadyEndpoints",
                READY_CANARY,
                summary="ocr v2: no pod is ready",
                description="The route gives ocr v2 (canary) 5% of the requests to ocr, and none "
                "of its pods is ready.",
                summary_zh="ocr v2：没有就绪的 Pod",
                description_zh="路由把 ocr 5% 的请求分给 ocr v2（canary），但它没有就绪的 Pod。",
                runbook="https://runbooks.example.com/NoReadyEndpoints.md",
                **LINKS,
            ),
            alerts("4m45s", "NoReadyEndpoints", [], [READY_CANARY]),
            alerts("5m", "NoReadyEndpoints"),
        ],
    ),
    Scenario(
        "weight 0 needs no pods",
        {**weight(OCR2, "canary", gauge((0, "3m"))), **endpoints(OCR2, "canary", [0])},
        [alerts("2m", "NoReadyEndpoints")],
    ),
    Scenario(
        "a Service that is gone has no ready pods; another stack's, or forged ones, do not count",
        {
            **weight(LAYOUT1, "stable", gauge((100, "6m"))),
            **endpoints({**LAYOUT1, "namespace": ELSEWHERE}, "stable", gauge((1, "6m"))),
            series("paddle_canary_ready_endpoints", job="forged", **LAYOUT1): gauge((1, "6m")),
            **weight({**LAYOUT1, "namespace": ELSEWHERE}, "stable", gauge((100, "6m"))),
            **weight(QUIET2, "canary", gauge((100, "6m"))),
            series("paddle_canary_weight", job="forged", **OCR1): gauge((100, "6m")),
        },
        [
            alerts("1m45s", "NoReadyEndpoints", [READY_LAYOUT]),
            alerts("2m", "NoReadyEndpoints", [], [READY_LAYOUT]),
        ],
    ),
    Scenario(
        "of two exporters that disagree for a moment, the better news counts",
        {
            **weight(OCR2, "canary", gauge((5, "3m"))),
            **endpoints(OCR2, "canary", gauge((0, "3m"))),
            **endpoints({**OCR2, "pod": "another"}, "stable", gauge((1, "3m"))),
            **weight({**OCR2, "pod": "another"}, "canary", gauge((0, "3m"))),
        },
        [alerts("2m", "NoReadyEndpoints")],
    ),
]

ROUTES = [
    Scenario(
        "a model without a route fires after fifteen minutes, and clears at once",
        {
            **read(clock("22m")),
            **weight(OCR1, "stable", gauge((95, "1m"), (None, "16m"), (95, "5m"))),
            **weight(LAYOUT1, "stable", gauge((0, "22m"))),
        },
        [
            alerts("45s", "RouteMissing"),
            alerts("1m", "RouteMissing", [{**OCR, **VISION}]),
            alerts("15m45s", "RouteMissing", [{**OCR, **VISION}]),
            alerts("16m", "RouteMissing", [], [{**OCR, **VISION}]),
            said(
                "16m",
                "RouteMissing",
                {**OCR, **VISION},
                summary="ocr: no live route",
                description="The cluster has no route for ocr, or one that is not as this project "
                "writes it. Requests may reach none of its versions.",
                summary_zh="ocr：没有线上路由",
                description_zh="集群中没有 ocr 的路由，或其形态与本项目所写的不同，"
                "请求可能到不了任何版本。",
                runbook="https://runbooks.example.com/RouteMissing.md",
                **LINKS,
            ),
            alerts("16m45s", "RouteMissing", [], [{**OCR, **VISION}]),
            alerts("17m", "RouteMissing"),
        ],
    ),
    Scenario(
        "a model with its own patience; routes of another stack, or forged ones, do not count",
        {
            **read(clock("11m")),
            **weight(OCR1, "stable", gauge((95, "11m"))),
            **weight({**LAYOUT1, "namespace": ELSEWHERE}, "stable", gauge((95, "11m"))),
            series("paddle_canary_weight", job="forged", **LAYOUT1): gauge((100, "11m")),
        },
        [
            alerts("9m45s", "RouteMissing", [{**LAYOUT, **PLATFORM}]),
            alerts("10m", "RouteMissing", [], [{**LAYOUT, **PLATFORM}]),
        ],
    ),
    Scenario(
        "while the exporter reads nothing, nothing is said about routes",
        {
            **read([0.0] * 11 + [165.0, 0.0]),
            series("paddle_canary_exporter_last_success_timestamp_seconds", job="forged"): clock(
                "5m"
            ),
            **weight(OCR1, "stable", gauge((95, "3m"))),
        },
        [
            alerts("1m45s", "RouteMissing", [{**LAYOUT, **PLATFORM}]),
            alerts("2m", "RouteMissing"),
            alerts("2m45s", "RouteMissing", [{**LAYOUT, **PLATFORM}]),
            alerts("3m", "RouteMissing"),
        ],
    ),
    Scenario(
        "no exporter, nothing is said about routes",
        {series("up", namespace=NAMESPACE): gauge((1, "3m"))},
        [alerts("2m", "RouteMissing")],
    ),
]

SUITES = [
    Suite(alert, ["presence"], scenarios, alert, CONSTANTS)
    for alert, scenarios in (
        ("ModelVersionAbsent", METRICS),
        ("NoReadyEndpoints", PODS),
        ("RouteMissing", ROUTES),
    )
]
