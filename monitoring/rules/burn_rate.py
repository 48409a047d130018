"""How fast errors use up the budget that the SLO leaves, over several windows.

A fast burn is one that would use 2% of a month's budget in 1 hour or 5% in 6 hours, a slow one 10%
in 1 or 3 days. The short window beside each long one ends the alert soon after the errors end; of a
slow burn it needs errors of its own, or few requests would keep the memory of an incident alive.
Factors and windows: Beyer et al., The Site Reliability Workbook, 2018, chapter 5, table 5-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import phrases
from monitoring.rules.alert import Expression, Said, Texts, model_alert
from monitoring.rules.chance import LEAST_ERRORS
from monitoring.rules.rule import AlertRule, RecordingRule
from monitoring.rules.series import (
    MODEL_ERRORS,
    MODEL_REQUESTS,
    MODEL_REQUESTS_1H,
    SLO_ERROR_RATIO,
    model_error_ratio,
    model_errors,
)
from monitoring.rules.tuned import of_namespace


@dataclass(frozen=True)
class Window:
    """A window, and how its average is put together from samples of a shorter one.

    step: time between the samples; each of them stands for it.
    """

    length: str
    seconds: int
    errors: str
    requests: str
    step: str
    step_seconds: int


@dataclass(frozen=True)
class Burn:
    """A multiple of the SLO's error ratio that must be exceeded over both windows.

    counted: the one of them that must have errors enough for a ratio to mean anything.
    least: how many.
    """

    factor: float
    long: str
    short: str
    counted: str
    least: int


_SHORT = (MODEL_ERRORS, MODEL_REQUESTS)
_HOUR = (model_errors("1h"), MODEL_REQUESTS_1H)
WINDOWS = {
    window.length: window
    for window in (
        Window("30m", 1800, *_SHORT, "1m", 60),
        Window("1h", 3600, *_SHORT, "1m", 60),
        Window("2h", 7200, *_SHORT, "5m", 300),
        Window("6h", 21600, *_SHORT, "5m", 300),
        Window("1d", 86400, *_HOUR, "1h", 3600),
        Window("3d", 259200, *_HOUR, "1h", 3600),
    )
}
FAST = (Burn(14.4, "1h", "5m", "1h", LEAST_ERRORS), Burn(6, "6h", "30m", "6h", LEAST_ERRORS))
# Six hours of a small model have five errors by chance every few days (bench/rules_replay).
SLOW = (Burn(3, "1d", "2h", "2h", 2 * LEAST_ERRORS), Burn(1, "3d", "6h", "6h", 2 * LEAST_ERRORS))


def recording(config: StackConfig) -> Iterator[RecordingRule]:
    """Error ratios over all windows but the shortest, and errors per second where they count."""
    select = of_namespace(config)
    counted = {burn.counted for burn in (*FAST, *SLOW)}
    for window in WINDOWS.values():
        over = f"[{window.length}:{window.step}]"
        errors = f"sum_over_time({window.errors}{{{select}}}{over})"
        requests = f"sum_over_time({window.requests}{{{select}}}{over})"
        if window.length in counted:
            # Hours without series count as hours without errors: a model is young, or was parked.
            share = f"{window.step_seconds} / {window.seconds}"
            yield RecordingRule(model_errors(window.length), f"{errors} * {share}")
        yield RecordingRule(model_error_ratio(window.length), f"{errors} / ({requests} > 0)")


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """ErrorBudgetBurnFast and ErrorBudgetBurnSlow."""
    for name, burns in (("ErrorBudgetBurnFast", FAST), ("ErrorBudgetBurnSlow", SLOW)):
        yield from model_alert(config, alerting, name, _any_of(burns), _said(burns))


def _any_of(burns: Iterable[Burn]) -> Expression:
    return lambda tuned: "\nor\n".join(_exceeds(tuned.select, burn) for burn in burns)


def _exceeds(select: str, burn: Burn) -> str:
    seconds = WINDOWS[burn.counted].seconds
    limit = f"on (namespace, model) {burn.factor} * {SLO_ERROR_RATIO}{{{select}}}"
    return (
        f"({model_error_ratio(burn.long)}{{{select}}} > {limit}\n"
        f"and {model_error_ratio(burn.short)}{{{select}}} > {limit}\n"
        f"and {model_errors(burn.counted)}{{{select}}} * {seconds} >= {burn.least})"
    )


def _said(burns: Sequence[Burn]) -> Said:
    slo = phrases.of_model(SLO_ERROR_RATIO, phrases.AS_SHARE)
    shares = [
        (phrases.of_model(model_error_ratio(burn.long), phrases.AS_SHARE), burn.long)
        for burn in burns
    ]
    over = ", ".join(f"{share} over {window}" for share, window in shares)
    over_zh = "，".join(f"{window} 内 {share}" for share, window in shares)
    return lambda _: Texts(
        f"{phrases.MODEL}: {phrases.SHARE} of requests fail, more than the error budget bears",
        f"Requests to {phrases.MODEL} that failed: {over}. The SLO allows {slo} over a month.",
        f"{phrases.MODEL}：{phrases.SHARE} 的请求失败，超出错误预算",
        f"{phrases.MODEL} 失败的请求：{over_zh}。SLO 允许一个月内 {slo}。",
    )
