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
    P95,
    REQUESTS,
    STABLE_ERRORS,
    STABLE_P95,
    STABLE_REQUESTS,
)
from monitoring.rules.tuned import Tuned, of_namespace

_PER_MODEL = "on (namespace, model) group_left ()"
_PER_VERSION = "on (namespace, model, version)"
_LEAST_REQUESTS = 100


def recording(config: StackConfig) -> Iterator[RecordingRule]:
    """What the stable version of each model does, without its name."""
    select = of_namespace(config)
    stable = f"and {_PER_VERSION} {arm(select, 'stable')}"
    for record, source in (
        (STABLE_REQUESTS, REQUESTS),
        (STABLE_ERRORS, ERRORS),
        (STABLE_P95, P95),
    ):
        yield RecordingRule(record, f"max by (namespace, model) ({source}{{{select}}} {stable})")


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """CanaryErrorsAboveStable and CanarySlowerThanStable."""
    yield from model_alert(config, alerting, "CanaryErrorsAboveStable", _errors, _errors_said)
    yield from model_alert(config, alerting, "CanarySlowerThanStable", _latency, _latency_said)


def _errors(tuned: Tuned) -> str:
    """Compare with what chance gives the canary of all errors, were it no worse than allowed.

    Of k errors of both versions a canary that fails `times` as often as stable, and gets r requests
    for each of stable's, has on average k·p, p = times·r / (1 + times·r). Bernstein's bound on its
    errors x is k·p + z·sqrt(k·p·(1-p)) + z²/3; both sides times 1 + times·r give what stands below.
    """
    select, times = tuned.select, tuned.limit
    errors = f"{ERRORS}{{{select}}}"
    odds = f"({times} * {REQUESTS}{{{select}}} / {_PER_MODEL} {STABLE_REQUESTS}{{{select}}})"
    stable = f"{STABLE_ERRORS}{{{select}}}"
    both = f"({errors} + {_PER_MODEL} {stable})"
    return (
        f"{ERROR_RATIO}{{{select}}}\n"
        f"and ({errors} - {odds} * {_PER_MODEL} {stable}) * {WINDOW_SECONDS}\n"
        f"  > {Z} * sqrt({both} * {WINDOW_SECONDS} * {odds}) + {Z * Z} / 3 * (1 + {odds})\n"
        f"and {_PER_VERSION} {arm(select, 'canary')}"
    )


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
