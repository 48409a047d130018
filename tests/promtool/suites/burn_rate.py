"""How fast errors use up the budget."""

from __future__ import annotations

from monitoring.rules.series import (
    MODEL_ERRORS,
    MODEL_REQUESTS,
    MODEL_REQUESTS_1H,
    model_error_ratio,
    model_errors,
)
from tests.promtool.fleet import ELSEWHERE, LAYOUT, OCR, QUIET, recorded
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
from tests.promtool.suites.objectives import (
    LINKS,
    PLATFORM,
    PLATFORM_WARNED,
    VISION,
    VISION_WARNED,
)

ELSE = {**OCR, "namespace": ELSEWHERE}
Parts = tuple[tuple[float | None, str], ...]


def load(errors: Parts, requests: Parts, step: int) -> dict[str, Values]:
    """Errors and requests of ocr, and the same of another stack."""
    return {
        series(name, **of): gauge(*parts, step=step)
        for of in (OCR, ELSE)
        for name, parts in ((MODEL_ERRORS, errors), (MODEL_REQUESTS, requests))
    }


def young(step: int) -> dict[str, Values]:
    """Ten minutes in which three of ten requests fail, after no series at all and before zeros."""
    return load(
        ((None, "30m"), (6, "10m"), (0, "7h")), ((None, "30m"), (20, "10m"), (0, "7h")), step
    )


MINUTES = [
    Scenario(
        "half an hour and an hour are sums of minutes",
        load(((0, "41m"), (6, "10m"), (0, "69m")), ((10, "46m"), (20, "74m")), step=60),
        [
            # 10 minutes of 6 errors/s; 10 requests/s until the 46th minute, 20 from then on.
            values("50m", model_error_ratio("30m"), {series(**OCR): 60 / (25 * 10 + 5 * 20)}),
            values("70m", model_error_ratio("30m"), {series(**OCR): 60 / (5 * 10 + 25 * 20)}),
            values("79m", model_error_ratio("30m"), {series(**OCR): 6 / 600}),
            values("80m", model_error_ratio("30m"), {series(**OCR): 0}),
            values("100m", model_errors("1h"), {series(**OCR): 60 / 60}),
            values("100m", model_error_ratio("1h"), {series(**OCR): 60 / (5 * 10 + 55 * 20)}),
            values("109m", model_errors("1h"), {series(**OCR): 6 / 60}),
            values("110m", model_error_ratio("1h"), {series(**OCR): 0}),
        ],
    ),
    Scenario(
        "a young model's hour counts what there was, and no requests make no ratio",
        young(step=60),
        [
            values("39m", model_errors("1h"), {series(**OCR): 60 / 60}),
            *(
                values("39m", model_error_ratio(each), {series(**OCR): 0.3})
                for each in ("30m", "1h")
            ),
            *(values("100m", model_error_ratio(each), {}) for each in ("30m", "1h")),
        ],
    ),
]

HOURS = [
    Scenario(
        "two hours and six are sums of five minutes",
        load(((0, "125m"), (6, "1h"), (0, "6h")), ((10, "125m"), (20, "7h")), step=300),
        [
            # The hour of errors is twelve times five minutes.
            values("3h", model_error_ratio("2h"), {series(**OCR): 72 / (12 * 10 + 12 * 20)}),
            values("4h", model_error_ratio("2h"), {series(**OCR): 72 / (24 * 20)}),
            values("295m", model_error_ratio("2h"), {series(**OCR): 6 / (24 * 20)}),
            values("300m", model_error_ratio("2h"), {series(**OCR): 0}),
            values("7h", model_error_ratio("6h"), {series(**OCR): 72 / (12 * 10 + 60 * 20)}),
            values("7h", model_errors("6h"), {series(**OCR): 72 / 72}),
            values("485m", model_error_ratio("6h"), {series(**OCR): 66 / (72 * 20)}),
            values("485m", model_errors("6h"), {series(**OCR): 66 / 72}),
        ],
    ),
    Scenario(
        "a young model's hours count what there was, and no requests make no ratio",
        young(step=300),
        [
            *(
                values("35m", model_error_ratio(each), {series(**OCR): 0.3})
                for each in ("2h", "6h")
            ),
            *(values("7h", model_error_ratio(each), {}) for each in ("2h", "6h")),
        ],
    ),
]

DAYS = [
    Scenario(
        "one day and three are sums of hours",
        {
            series(name, **of): gauge(*parts, step=3600)
            for of in (OCR, ELSE)
            for name, parts in (
                (model_errors("1h"), ((0, "30h"), (6, "6h"), (0, "70h"))),
                (MODEL_REQUESTS_1H, ((10, "40h"), (20, "66h"))),
            )
        },
        [
            values("48h", model_errors("1d"), {series(**OCR): 6 * 6 / 24}),
            values("48h", model_error_ratio("1d"), {series(**OCR): 36 / (15 * 10 + 9 * 20)}),
            values("54h", model_errors("1d"), {series(**OCR): 5 * 6 / 24}),
            values("54h", model_error_ratio("1d"), {series(**OCR): 30 / (9 * 10 + 15 * 20)}),
            values("100h", model_errors("3d"), {series(**OCR): 36 / 72}),
            values("100h", model_error_ratio("3d"), {series(**OCR): 36 / (11 * 10 + 61 * 20)}),
            values("102h", model_errors("3d"), {series(**OCR): 30 / 72}),
            values("102h", model_error_ratio("3d"), {series(**OCR): 30 / (9 * 10 + 63 * 20)}),
        ],
    ),
    Scenario(
        "days without requests make no ratio",
        {
            **recorded(model_errors("1h"), OCR, gauge((0, "100h"), step=3600)),
            **recorded(MODEL_REQUESTS_1H, OCR, gauge((0, "100h"), step=3600)),
        },
        [values("99h", model_error_ratio(window), {}) for window in ("1d", "3d")],
    ),
]


def windows(first: tuple[str, str], second: tuple[str, str], of: dict[str, str]) -> list[str]:
    """Ratio over the long and the short window, errors over the long one, for both pairs."""
    return [
        series(name, **of)
        for long, short in (first, second)
        for name in (model_error_ratio(long), model_error_ratio(short), model_errors(long))
    ]


FAST = (("1h", "5m"), ("6h", "30m"))
SLOW = (("1d", "2h"), ("3d", "6h"))
SECONDS = {"1h": 3600, "6h": 21600, "1d": 86400, "3d": 259200}


def burns(
    alert: str,
    pairs: tuple[tuple[str, str], tuple[str, str]],
    of: dict[str, str],
    labels: dict[str, str],
    limits: tuple[float, float],
) -> Scenario:
    """Each pair above, on and under its limits, with five errors in the long window or fewer."""
    first, second = limits
    one, other = (1 / SECONDS[long] for long, _ in pairs)
    no = (0, 0, 0)
    cases: dict[tuple[float | None, ...], bool] = {
        (first + 0.001, first + 0.001, 1, *no): True,
        (first + 0.001, first, 1, *no): False,
        (first, first + 0.001, 1, *no): False,
        (first - 0.001, 1, 1, *no): False,
        (1, first - 0.001, 1, *no): False,
        (1, 1, 4.9 * one, *no): False,
        (1, 1, 5.1 * one, *no): True,
        no + no: False,
        (*no, second + 0.001, second + 0.001, 1): True,
        (*no, second + 0.001, second, 1): False,
        (*no, second, second + 0.001, 1): False,
        (*no, second - 0.001, 1, 1): False,
        (*no, 1, second - 0.001, 1): False,
        (*no, 1, 1, 4.9 * other): False,
        (*no, 1, 1, 5.1 * other): True,
        (None,) * 6: False,
    }
    name = f"{alert} of {of['model']} needs both windows of a pair, and five errors"
    return conditions(name, alert, {**of, **labels}, cases, *windows(*pairs, of))


def firing(
    pairs: tuple[tuple[str, str], tuple[str, str]],
    of: dict[str, str],
    *times: tuple[float, str],
) -> dict[str, Values]:
    """The first pair at a ratio for some time after another; the second pair at a hundredth."""
    names = windows(*pairs, of)
    return {
        name: gauge(*((ratio / (1 if name in names[:2] else 100), time) for ratio, time in times))
        for name in names
    } | {name: gauge(*((1, time) for _, time in times)) for name in (names[2], names[5])}


def tuned(
    alert: str,
    pairs: tuple[tuple[str, str], tuple[str, str]],
    labels: dict[str, str],
    times: tuple[str, str, str, str],
) -> Scenario:
    """Burns until the 21st minute: at these times it waits, fires, still fires, is over."""
    waits, fires, kept, over = times
    found = {**LAYOUT, **labels}
    return Scenario(
        f"{alert} with a patience of its own, of a silenced model, and of another stack",
        {
            name: samples
            for of in (LAYOUT, QUIET, {**LAYOUT, "namespace": ELSEWHERE})
            for name, samples in firing(pairs, of, (1, "21m"), (0, "31m")).items()
        },
        [
            alerts(waits, alert, [found]),
            alerts(fires, alert, [], [found]),
            alerts(kept, alert, [], [found]),
            alerts(over, alert),
        ],
    )


FAST_BURNS = [
    burns("ErrorBudgetBurnFast", FAST, OCR, VISION, (0.144, 0.06)),
    burns("ErrorBudgetBurnFast", FAST, LAYOUT, PLATFORM, (0.9, 0.375)),
    Scenario(
        "a fast burn fires after two minutes, and clears ten minutes later",
        firing(FAST, OCR, (0, "1m"), (0.25, "3m"), (0, "13m")),
        [
            alerts("45s", "ErrorBudgetBurnFast"),
            alerts("2m45s", "ErrorBudgetBurnFast", [{**OCR, **VISION}]),
            alerts("3m", "ErrorBudgetBurnFast", [], [{**OCR, **VISION}]),
            said(
                "3m",
                "ErrorBudgetBurnFast",
                {**OCR, **VISION},
                summary="ocr: 25% of requests fail, more than the error budget bears",
                description="Requests to ocr that failed: 25% over 1h, 0.25% over 6h. The SLO "
                "allows 1% over a month.",
                summary_zh="ocr：25% 的请求失败，超出错误预算",
                description_zh="ocr 失败的请求：1h 内 25%，6h 内 0.25%。SLO 允许一个月内 1%。",
                runbook="https://runbooks.example.com/ErrorBudgetBurnFast.md",
                **LINKS,
            ),
            alerts("13m45s", "ErrorBudgetBurnFast", [], [{**OCR, **VISION}]),
            alerts("14m", "ErrorBudgetBurnFast"),
        ],
    ),
    tuned("ErrorBudgetBurnFast", FAST, PLATFORM, ("3m45s", "4m", "30m45s", "31m")),
]

SLOW_BURNS = [
    burns("ErrorBudgetBurnSlow", SLOW, OCR, VISION_WARNED, (0.03, 0.01)),
    burns("ErrorBudgetBurnSlow", SLOW, LAYOUT, PLATFORM_WARNED, (0.1875, 0.0625)),
    Scenario(
        "a slow burn fires after fifteen minutes, and clears half an hour later",
        firing(SLOW, OCR, (0, "1m"), (0.04, "16m"), (0, "32m")),
        [
            alerts("45s", "ErrorBudgetBurnSlow"),
            alerts("15m45s", "ErrorBudgetBurnSlow", [{**OCR, **VISION_WARNED}]),
            alerts("16m", "ErrorBudgetBurnSlow", [], [{**OCR, **VISION_WARNED}]),
            said(
                "16m",
                "ErrorBudgetBurnSlow",
                {**OCR, **VISION_WARNED},
                summary="ocr: 4% of requests fail, more than the error budget bears",
                description="Requests to ocr that failed: 4% over 1d, 0.04% over 3d. The SLO "
                "allows 1% over a month.",
                summary_zh="ocr：4% 的请求失败，超出错误预算",
                description_zh="ocr 失败的请求：1d 内 4%，3d 内 0.04%。SLO 允许一个月内 1%。",
                runbook="https://runbooks.example.com/ErrorBudgetBurnSlow.md",
                **LINKS,
            ),
            alerts("46m45s", "ErrorBudgetBurnSlow", [], [{**OCR, **VISION_WARNED}]),
            alerts("47m", "ErrorBudgetBurnSlow"),
        ],
    ),
    tuned("ErrorBudgetBurnSlow", SLOW, PLATFORM_WARNED, ("19m45s", "20m", "50m45s", "51m")),
]

SUITES = [
    Suite("burn-rate-minutes", ["burn-rate-recording"], MINUTES, step=60),
    Suite("burn-rate-hours", ["burn-rate-recording"], HOURS, step=300),
    Suite("burn-rate-days", ["burn-rate-recording"], DAYS, step=3600),
    Suite("ErrorBudgetBurnFast", ["burn-rate"], FAST_BURNS, "ErrorBudgetBurnFast", CONSTANTS),
    Suite("ErrorBudgetBurnSlow", ["burn-rate"], SLOW_BURNS, "ErrorBudgetBurnSlow", CONSTANTS),
]
