"""A canary against the stable version of its model, at the same time and under the same traffic."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import phrases
from monitoring.rules.alert import Texts, model_alert
from monitoring.rules.chance import Z
from monitoring.rules.recording import WINDOW_SECONDS
from monitoring.rules.route import arm
from monitoring.rules.rule import AlertRule, RecordingRule
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
from monitoring.rules.tuned import Tuned, for_models, of_namespace

_PER_MODEL = "on (namespace, model) group_left ()"
_PER_VERSION = "on (namespace, model, version)"
_LEAST_REQUESTS = 100
_ERRORS_ABOVE = "CanaryErrorsAboveStable"


def recording(config: StackConfig) -> Iterator[RecordingRule]:
    """What the stable version of each model does; errors of the canary beyond what that excuses."""
    select = of_namespace(config)
    stable = f"and {_PER_VERSION} {arm(select, 'stable')}"
    for record, source in (
        (STABLE_REQUESTS, REQUESTS),
        (STABLE_ERRORS, ERRORS),
        (STABLE_P95, P95),
    ):
        yield RecordingRule(record, f"max by (namespace, model) ({source}{{{select}}} {stable})")
    for tuned in for_models(config, _ERRORS_ABOVE):
        yield from _excess(tuned)
    for record, source in (
        (EXCESS_ERRORS_30M, EXCESS_ERRORS),
        (EXCESS_VARIANCE_30M, EXCESS_VARIANCE),
    ):
        # Minutes without a canary count nothing, so that a young one needs as many errors.
        yield RecordingRule(record, f"sum_over_time({source}{{{select}}}[30m:1m]) * 60 / 1800")


def _excess(tuned: Tuned) -> Iterator[RecordingRule]:
    """Errors of each canary above what it would have of all errors, were it no worse than allowed.

    Of k errors of both versions a canary that gets R requests and fails `times` as often as stable,
    which gets S, has on average k·p, p = times·R / (times·R + S), with variance k·p·(1-p). These
    add up over time, whatever weights and errors do meanwhile, as counts of errors do not (Mantel
    and Haenszel, J. Natl. Cancer Inst. 22, 1959).
    """
    select = tuned.select
    errors, stable = f"{ERRORS}{{{select}}}", f"{STABLE_REQUESTS}{{{select}}}"
    both = f"({errors} + {_PER_MODEL} {STABLE_ERRORS}{{{select}}})"
    weighed = f"{tuned.limit} * {REQUESTS}{{{select}}}"
    # Where stable gets nothing, there is nothing to compare with.
    all_weighed = f"({weighed} + {_PER_MODEL} ({stable} > 0))"
    canary = f"and {_PER_VERSION} {arm(select, 'canary')}"
    yield RecordingRule(
        EXCESS_ERRORS, f"{errors} - {both} * {weighed} / {all_weighed}\n{canary}", tuned.labels
    )
    yield RecordingRule(
        EXCESS_VARIANCE,
        f"{both} * {weighed} * {_PER_MODEL} {stable} / {all_weighed} ^ 2\n{canary}",
        tuned.labels,
    )


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """CanaryErrorsAboveStable and CanarySlowerThanStable."""
    yield from model_alert(config, alerting, _ERRORS_ABOVE, _errors, _errors_said)
    yield from model_alert(config, alerting, "CanarySlowerThanStable", _latency, _latency_said)


def _errors(tuned: Tuned) -> str:
    select = tuned.select
    excess = f"{EXCESS_ERRORS}{{{select}}}"
    now = _more_than_chance(excess, f"{EXCESS_VARIANCE}{{{select}}}", WINDOW_SECONDS)
    half_hour = _more_than_chance(
        f"{EXCESS_ERRORS_30M}{{{select}}}", f"{EXCESS_VARIANCE_30M}{{{select}}}", 1800
    )
    # Five minutes tell at once where there are many errors, half an hour where few.
    return f"{ERROR_RATIO}{{{select}}}\nand (\n  {now}\n  or ({half_hour} and {excess} > 0)\n)"


def _more_than_chance(excess: str, variance: str, seconds: int) -> str:
    return f"{excess} * {seconds} > {Z} * sqrt({variance} * {seconds}) + {Z * Z} / 3"


def _errors_said(tuned: Tuned) -> Texts:
    rate = phrases.of_version(REQUESTS, phrases.AS_NUMBER)
    stable = phrases.ratio_of_model(STABLE_ERRORS, STABLE_REQUESTS)
    return Texts(
        f"{phrases.VERSION}: {phrases.SHARE} of requests fail, on stable {stable}",
        f"{phrases.SHARE} of the requests to the canary {phrases.VERSION} failed in the last 5 "
        f"minutes, at {rate} requests/s. Of those to stable {stable} failed; "
        f"{tuned.threshold:g} times as many are tolerated.",
        f"{phrases.VERSION}：{phrases.SHARE} 的请求失败，稳定版为 {stable}",
        f"最近 5 分钟灰度版本 {phrases.VERSION} 有 {phrases.SHARE} 的请求失败，"
        f"请求量 {rate} 次/秒。稳定版为 {stable}，容许其 {tuned.threshold:g} 倍。",
    )


def _latency(tuned: Tuned) -> str:
    select = tuned.select
    count = f'{BUCKETS}{{{select},le="+Inf"}} * {WINDOW_SECONDS}'
    return (
        f"{P95}{{{select}}} / {_PER_MODEL} {STABLE_P95}{{{select}}} > {tuned.limit}\n"
        f"and ignoring (le) {count} >= {_LEAST_REQUESTS}\n"
        f"and {_PER_VERSION} {arm(select, 'canary')}"
    )


def _latency_said(tuned: Tuned) -> Texts:
    canary = phrases.of_version(P95, phrases.AS_SECONDS)
    stable = phrases.of_model(STABLE_P95, phrases.AS_SECONDS)
    times = '{{ printf "%.1f" $value }}'
    return Texts(
        f"{phrases.VERSION}: {times} times as slow as stable",
        f"p95 of the canary {phrases.VERSION} is {canary} in the last 5 minutes, that of stable "
        f"{stable}: {times} times as much, {tuned.threshold:g} times is tolerated.",
        f"{phrases.VERSION}：延迟是稳定版的 {times} 倍",
        f"最近 5 分钟灰度版本 {phrases.VERSION} 的 p95 为 {canary}，稳定版为 {stable}，"
        f"是其 {times} 倍，容许 {tuned.threshold:g} 倍。",
    )
