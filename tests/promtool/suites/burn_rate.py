"""How fast errors use up the budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitoring.rules.series import (
    MODEL_ERRORS,
    MODEL_REQUESTS,
    MODEL_REQUESTS_1H,
    model_error_ratio,
    model_errors,
)
from tests.promtool.fleet import COMMON, ELSEWHERE, OCR, TUNED, Model, recorded
from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    conditions,
    gauge,
    life,
    seconds,
    series,
    values,
)
from tests.promtool.suites.constants import CONSTANTS

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


def few(step: int, windows: Sequence[str], names: tuple[str, str]) -> Scenario:
    """A request in 40 minutes, and a quarter of them fails."""
    end = windows[-1]
    return Scenario(
        f"a request in a long while makes a ratio over {windows}",
        {
            series(name, **OCR): gauge((rate, end), (rate, f"{step}s"), step=step)
            for name, rate in zip(names, (0.0001, 0.0004), strict=True)
        },
        [values(end, model_error_ratio(each), {series(**OCR): 0.25}) for each in windows],
    )


SHORT = (MODEL_ERRORS, MODEL_REQUESTS)
MINUTES = [
    few(60, ("30m", "1h"), SHORT),
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
    few(300, ("2h", "6h"), SHORT),
    Scenario(
        "two hours and six are sums of five minutes",
        load(((0, "125m"), (6, "1h"), (0, "6h")), ((10, "125m"), (20, "7h")), step=300),
        [
            # The hour of errors is twelve times five minutes.
            values("3h", model_error_ratio("2h"), {series(**OCR): 72 / (12 * 10 + 12 * 20)}),
            values("4h", model_error_ratio("2h"), {series(**OCR): 72 / (24 * 20)}),
            values("4h", model_errors("2h"), {series(**OCR): 72 / 24}),
            values("295m", model_error_ratio("2h"), {series(**OCR): 6 / (24 * 20)}),
            values("295m", model_errors("2h"), {series(**OCR): 6 / 24}),
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
    few(3600, ("1d", "3d"), (model_errors("1h"), MODEL_REQUESTS_1H)),
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
            values("48h", model_error_ratio("1d"), {series(**OCR): 36 / (15 * 10 + 9 * 20)}),
            values("54h", model_error_ratio("1d"), {series(**OCR): 30 / (9 * 10 + 15 * 20)}),
            values("100h", model_error_ratio("3d"), {series(**OCR): 36 / (11 * 10 + 61 * 20)}),
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


class Pair(NamedTuple):
    """A long and a short window, and the one of them whose errors count."""

    long: str
    short: str
    counted: str


Pairs = tuple[Pair, Pair]


def windows(pairs: Pairs, of: dict[str, str]) -> list[str]:
    """Ratio over the long and the short window, errors over the one that counts, for both pairs."""
    return [
        series(name, **of)
        for long, short, counted in pairs
        for name in (model_error_ratio(long), model_error_ratio(short), model_errors(counted))
    ]


LEAST = {"ErrorBudgetBurnFast": 5, "ErrorBudgetBurnSlow": 10}
SEVERITY = {"ErrorBudgetBurnFast": "critical", "ErrorBudgetBurnSlow": "warning"}
FAST: Pairs = (Pair("1h", "5m", "1h"), Pair("6h", "30m", "6h"))
SLOW: Pairs = (Pair("1d", "2h", "2h"), Pair("3d", "6h", "6h"))
SECONDS = {"1h": 3600, "2h": 7200, "6h": 21600}


def burns(alert: str, pairs: Pairs, of: Model, limits: tuple[float, float]) -> Scenario:
    """Each pair above, on and under its limits, with errors enough where they count, or fewer."""
    first, second = limits
    one, other = (LEAST[alert] / SECONDS[pair.counted] for pair in pairs)
    no = (0, 0, 0)
    cases: dict[tuple[float | None, ...], bool] = {
        (first + 0.001, first + 0.001, 1, *no): True,
        (first + 0.001, first, 1, *no): False,
        (first, first + 0.001, 1, *no): False,
        (first - 0.001, 1, 1, *no): False,
        (1, first - 0.001, 1, *no): False,
        (1, 1, 0.98 * one, *no): False,
        (1, 1, one, *no): True,
        (1, 1, 1.02 * one, *no): True,
        no + no: False,
        (*no, second + 0.001, second + 0.001, 1): True,
        (*no, second + 0.001, second, 1): False,
        (*no, second, second + 0.001, 1): False,
        (*no, second - 0.001, 1, 1): False,
        (*no, 1, second - 0.001, 1): False,
        (*no, 1, 1, 0.98 * other): False,
        (*no, 1, 1, other): True,
        (*no, 1, 1, 1.02 * other): True,
        (None,) * 6: False,
    }
    labels = {**of.model, **of.labels(SEVERITY[alert])}
    name = f"{alert} of {of.name} needs both windows of a pair, and {LEAST[alert]} errors"
    return conditions(name, alert, labels, cases, *windows(pairs, of.model))


def life_of(
    alert: str,
    pairs: Pairs,
    of: Model,
    times: tuple[str, str, str, str],
    texts: dict[str, str],
) -> Scenario:
    """The first pair of windows at 96%, and the second at a hundredth of that, for some time."""
    begin, end = (seconds(each) for each in times[:2])
    found: dict[str, Values] = {}
    for each in (of.model, *of.silent(of.model)):
        for place, name in enumerate(windows(pairs, each)):
            burning = (0.96, 0.96, 1, 0.0096, 0.0096, 1)[place]
            found[name] = gauge((0, f"{begin}s"), (burning, f"{end - begin}s"), (0, "32m"))
    return Scenario(
        f"{alert} of {of.name} waits, fires, and clears",
        found,
        life(alert, {**of.model, **of.labels(SEVERITY[alert])}, times, of.says(alert, **texts)),
    )


def texts(name: str, allowed: str, long: str, longer: str) -> dict[str, str]:
    return {
        "summary": f"{name}: 96% of requests fail, more than the error budget bears",
        "description": f"Requests to {name} that failed: 96% over {long}, 0.96% over {longer}. "
        f"The SLO allows {allowed} over a month.",
        "summary_zh": f"{name}：96% 的请求失败，超出错误预算",
        "description_zh": f"{name} 失败的请求：{long} 内 96%，{longer} 内 0.96%。"
        f"SLO 允许一个月内 {allowed}。",
    }


FAST_BURNS = [
    burns("ErrorBudgetBurnFast", FAST, COMMON, (14.4 * 0.01, 6 * 0.01)),
    burns("ErrorBudgetBurnFast", FAST, TUNED, (14.4 * 0.0625, 6 * 0.0625)),
    life_of(
        *("ErrorBudgetBurnFast", FAST, COMMON),
        ("1m", "6m", "2m", "10m"),
        texts("ocr", "1%", "1h", "6h"),
    ),
    life_of(
        *("ErrorBudgetBurnFast", FAST, TUNED),
        ("1m", "6m", "4m", "10m"),
        texts("layout", "6.25%", "1h", "6h"),
    ),
]
SLOW_BURNS = [
    burns("ErrorBudgetBurnSlow", SLOW, COMMON, (3 * 0.01, 1 * 0.01)),
    burns("ErrorBudgetBurnSlow", SLOW, TUNED, (3 * 0.0625, 1 * 0.0625)),
    life_of(
        *("ErrorBudgetBurnSlow", SLOW, COMMON),
        ("1m", "17m", "15m", "30m"),
        texts("ocr", "1%", "1d", "3d"),
    ),
    life_of(
        *("ErrorBudgetBurnSlow", SLOW, TUNED),
        ("1m", "22m", "20m", "30m"),
        texts("layout", "6.25%", "1d", "3d"),
    ),
]

SUITES = [
    Suite("burn-rate-minutes", ["burn-rate-recording"], MINUTES, step=60),
    Suite("burn-rate-hours", ["burn-rate-recording"], HOURS, step=300),
    Suite("burn-rate-days", ["burn-rate-recording"], DAYS, step=3600),
    Suite("ErrorBudgetBurnFast", ["burn-rate"], FAST_BURNS, "ErrorBudgetBurnFast", CONSTANTS),
    Suite("ErrorBudgetBurnSlow", ["burn-rate"], SLOW_BURNS, "ErrorBudgetBurnSlow", CONSTANTS),
]
