"""What the gateway counts for versions, and errors that no pod counted."""

from __future__ import annotations

from monitoring.rules.series import (
    ERRORS,
    GATEWAY_ERRORS,
    GATEWAY_REQUESTS,
    GATEWAY_UNANSWERED,
)
from tests.promtool.fleet import (
    ELSEWHERE,
    EXPORTER,
    LAYOUT1,
    LAYOUT2,
    OCR1,
    OCR2,
    QUIET1,
    recorded,
)
from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    alerts,
    conditions,
    counter,
    gauge,
    said,
    series,
    values,
)
from tests.promtool.suites.constants import CONSTANTS
from tests.promtool.suites.objectives import LINKS, PLATFORM, VISION

MAIN = "models-ocr@kubernetesingressnginx"
CANARY = "models-ocr-canary@kubernetesingressnginx"
OTHER = "models-layout@kubernetesingressnginx"


def slot(service: str, code: str, samples: Values, **labels: str) -> dict[str, Values]:
    """Requests that the gateway counts in a slot."""
    all_labels = {"job": "gateway", "instance": "t1", "method": "POST", **labels}
    name = "traefik_service_requests_total"
    return {series(name, **all_labels, service=service, code=code): samples}


def leads(service: str, of: dict[str, str], samples: Values, **labels: str) -> dict[str, Values]:
    """The version that a slot leads to."""
    return {series("paddle_canary_route_info", **EXPORTER, **labels, **of, slot=service): samples}


ON = gauge((1, "12m"))
RECORDED = [
    Scenario(
        "requests and errors of a slot are those of the version that it leads to",
        {
            **slot(MAIN, "200", counter((10, "12m"))),
            **slot(MAIN, "200", counter((5, "12m")), method="GET"),
            **slot(MAIN, "200", counter((5, "12m")), instance="t2"),
            **slot(MAIN, "404", counter((3, "12m"))),
            **slot(MAIN, "502", counter((1, "12m"))),
            **slot(MAIN, "504", counter((2, "12m"))),
            **slot(CANARY, "200", counter((8, "12m"))),
            **slot(CANARY, "503", counter((4, "12m"))),
            **slot(OTHER, "200", counter((9, "12m"))),
            **slot(MAIN, "502", counter((100, "12m")), job="another-gateway"),
            **slot("unknown", "502", counter((100, "12m"))),
            # Promotion: both slots lead to what was the canary.
            **leads(MAIN, OCR1, gauge((1, "8m"), (None, "4m"))),
            **leads(MAIN, OCR2, gauge((None, "8m"), (1, "4m"))),
            **leads(CANARY, OCR2, ON),
            **leads(OTHER, LAYOUT1, ON),
            **leads(MAIN, {**OCR1, "namespace": ELSEWHERE}, ON),
            series("paddle_canary_route_info", job="forged", **LAYOUT2, slot=MAIN): ON,
        },
        [
            values(
                "7m",
                GATEWAY_REQUESTS,
                {series(**OCR1): 26, series(**OCR2): 12, series(**LAYOUT1): 9},
            ),
            values("7m", GATEWAY_ERRORS, {series(**OCR1): 3, series(**OCR2): 4}),
            values("9m", GATEWAY_REQUESTS, {series(**OCR2): 38, series(**LAYOUT1): 9}),
            values("9m", GATEWAY_ERRORS, {series(**OCR2): 7}),
        ],
    ),
    Scenario(
        "a second exporter does not count requests twice, nor stop the rule",
        {
            **slot(MAIN, "502", counter((1, "12m"))),
            **leads(MAIN, OCR1, ON),
            **leads(MAIN, OCR1, ON, pod="a-second-one"),
        },
        [
            values("7m", GATEWAY_REQUESTS, {series(**OCR1): 1}),
            values("7m", GATEWAY_ERRORS, {series(**OCR1): 1}),
        ],
    ),
    Scenario(
        "the rates look back five minutes",
        {
            **slot(MAIN, "502", counter((2, "5m"), (0, "7m"))),
            **leads(MAIN, OCR1, ON),
        },
        [
            values("9m15s", GATEWAY_REQUESTS, {series(**OCR1): 15 * 2 / 285}),
            values("9m15s", GATEWAY_ERRORS, {series(**OCR1): 15 * 2 / 285}),
            values("9m30s", GATEWAY_REQUESTS, {series(**OCR1): 0}),
            values("9m30s", GATEWAY_ERRORS, {series(**OCR1): 0}),
        ],
    ),
    Scenario(
        "what pods counted is not what no pod counted",
        {
            **slot(MAIN, "502", counter((5, "12m"))),
            **slot(CANARY, "502", counter((5, "12m"))),
            **slot(OTHER, "502", counter((5, "12m"))),
            **leads(MAIN, OCR1, ON),
            **leads(CANARY, OCR2, ON),
            **leads(OTHER, LAYOUT1, ON),
            **recorded(ERRORS, OCR1, gauge((2, "12m"))),
            **recorded(ERRORS, OCR2, gauge((6, "12m"))),
        },
        [
            values(
                "7m",
                GATEWAY_UNANSWERED,
                {series(**OCR1): 3, series(**OCR2): 0, series(**LAYOUT1): 5},
            )
        ],
    ),
]

ALERTS = [
    conditions(
        "unanswered requests above the objective, and at least five of them",
        "GatewayErrors",
        {**OCR2, **VISION},
        {
            (0.21, 20): True,
            (0.19, 20): False,
            (4.9 / 300, 0.1): False,
            (5.1 / 300, 0.1): True,
            (0, 0): False,
            (None, 20): False,
        },
        series(GATEWAY_UNANSWERED, **OCR2),
        series(GATEWAY_REQUESTS, **OCR2),
    ),
    conditions(
        "a model's own objective for the gateway, exactly",
        "GatewayErrors",
        {**LAYOUT2, **PLATFORM},
        {(1, 16): False, (1.01, 16): True, (0.99, 16): False, (5 / 300, 0.1): True},
        series(GATEWAY_UNANSWERED, **LAYOUT2),
        series(GATEWAY_REQUESTS, **LAYOUT2),
    ),
    Scenario(
        "a dead canary fires after three minutes, and clears five minutes later",
        {
            **recorded(GATEWAY_UNANSWERED, OCR2, gauge((0, "1m"), (1.5, "4m"), (0, "9m"))),
            **recorded(GATEWAY_REQUESTS, OCR2, gauge((2, "14m"))),
        },
        [
            alerts("3m45s", "GatewayErrors", [{**OCR2, **VISION}]),
            alerts("4m", "GatewayErrors", [], [{**OCR2, **VISION}]),
            said(
                "4m",
                "GatewayErrors",
                {**OCR2, **VISION},
                summary="ocr v2: no pod answers 75% of the requests",
                description="The gateway failed to get an answer from ocr v2 for 75% of its 2 "
                "requests/s in the last 5 minutes, and no pod counted these errors. The SLO "
                "allows 1%. Clients may have been answered by stable.",
                summary_zh="ocr v2：75% 的请求没有 Pod 应答",
                description_zh="最近 5 分钟网关发往 ocr v2 的 2 次/秒请求中有 75% 失败，"
                "且没有 Pod 记录这些错误。SLO 允许 1%。客户端可能由稳定版应答。",
                runbook="https://runbooks.example.com/GatewayErrors.md",
                **LINKS,
            ),
            alerts("9m45s", "GatewayErrors", [], [{**OCR2, **VISION}]),
            alerts("10m", "GatewayErrors"),
        ],
    ),
    Scenario(
        "gateway errors with a patience of their own, of a silenced model, and of another stack",
        {
            series(name, **of): gauge((2, "3m"), (rest, "9m"))
            for name, rest in ((GATEWAY_UNANSWERED, 0), (GATEWAY_REQUESTS, 2))
            for of in (LAYOUT2, QUIET1, {**LAYOUT2, "namespace": ELSEWHERE})
        },
        [
            alerts("1m45s", "GatewayErrors", [{**LAYOUT2, **PLATFORM}]),
            alerts("2m", "GatewayErrors", [], [{**LAYOUT2, **PLATFORM}]),
            alerts("7m45s", "GatewayErrors", [], [{**LAYOUT2, **PLATFORM}]),
            alerts("8m", "GatewayErrors"),
        ],
    ),
]

SUITES = [
    Suite("gateway-recording", ["gateway-recording"], RECORDED),
    Suite("GatewayErrors", ["gateway"], ALERTS, "GatewayErrors", CONSTANTS),
]
