"""The three alerts that every team has: errors, latency, and requests that stay away."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import phrases
from monitoring.rules.alert import Texts, model_alert
from monitoring.rules.chance import LEAST_ERRORS, below
from monitoring.rules.recording import WINDOW_SECONDS
from monitoring.rules.rule import AlertRule
from monitoring.rules.series import (
    ERROR_RATIO,
    ERRORS,
    FLOOR,
    MODEL_REQUESTS,
    MODEL_REQUESTS_30M,
    NORM,
    REQUESTS,
    SLO_ERROR_RATIO,
    SLO_P99,
    TAIL,
)
from monitoring.rules.tuned import Tuned


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """HighModelErrorRate, HighModelLatency, LowModelQPS."""
    yield from model_alert(config, alerting, "HighModelErrorRate", _errors, _errors_said)
    yield from model_alert(config, alerting, "HighModelLatency", _latency, _latency_said)
    yield from model_alert(config, alerting, "LowModelQPS", _traffic, _traffic_said)


def _errors(tuned: Tuned) -> str:
    select = tuned.select
    return (
        f"{ERROR_RATIO}{{{select}}} > on (namespace, model) group_left () "
        f"{SLO_ERROR_RATIO}{{{select}}}\n"
        f"and {ERRORS}{{{select}}} * {WINDOW_SECONDS} >= {LEAST_ERRORS}"
    )


def _errors_said(tuned: Tuned) -> Texts:
    slo = phrases.of_model(SLO_ERROR_RATIO, phrases.AS_SHARE)
    rate = phrases.of_version(REQUESTS, phrases.AS_NUMBER)
    return Texts(
        f"{phrases.VERSION}: {phrases.SHARE} of requests fail",
        f"{phrases.SHARE} of the requests to {phrases.VERSION} failed in the last 5 minutes, at "
        f"{rate} requests/s. The SLO allows {slo}.",
        f"{phrases.VERSION}：{phrases.SHARE} 的请求失败",
        f"最近 5 分钟 {phrases.VERSION} 有 {phrases.SHARE} 的请求失败，"
        f"请求量 {rate} 次/秒。SLO 允许 {slo}。",
    )


def _latency(tuned: Tuned) -> str:
    return (
        f"{TAIL}{{{tuned.select}}} > on (namespace, model) group_left () "
        f"{SLO_P99}{{{tuned.select}}}"
    )


def _latency_said(tuned: Tuned) -> Texts:
    slo = phrases.of_model(SLO_P99, phrases.AS_SECONDS)
    rate = phrases.of_version(REQUESTS, phrases.AS_NUMBER)
    return Texts(
        f"{phrases.VERSION}: tail latency is {phrases.SECONDS}",
        f"The slowest requests to {phrases.VERSION} took {phrases.SECONDS} or longer in the last "
        f"5 minutes, at {rate} requests/s. The SLO for p99 is {slo}.",
        f"{phrases.VERSION}：尾延迟 {phrases.SECONDS}",
        f"最近 5 分钟 {phrases.VERSION} 最慢的请求耗时达到 {phrases.SECONDS} 以上，"
        f"请求量 {rate} 次/秒。p99 的 SLO 是 {slo}。",
    )


def _traffic(tuned: Tuned) -> str:
    now, floor = f"{MODEL_REQUESTS}{{{tuned.select}}}", f"{FLOOR}{{{tuned.select}}}"
    half_hour = f"{MODEL_REQUESTS_30M}{{{tuned.select}}}"
    # Five minutes tell a fall at once where there are many requests, half an hour where few.
    return (
        f"{now} < {floor} - {below(floor, WINDOW_SECONDS)}\n"
        f"or ({now} < {floor} and {half_hour} < {floor} - {below(floor, 1800)})"
    )


def _traffic_said(tuned: Tuned) -> Texts:
    norm = phrases.of_model(NORM, phrases.AS_NUMBER)
    floor = phrases.of_model(FLOOR, phrases.AS_NUMBER)
    return Texts(
        f"{phrases.MODEL}: only {phrases.PER_SECOND} requests/s instead of {norm}",
        f"{phrases.MODEL} got {phrases.PER_SECOND} requests/s in the last 5 minutes. At this hour "
        f"of the last three weeks it got {norm}; the alert fires under {floor}.",
        f"{phrases.MODEL}：请求量仅 {phrases.PER_SECOND} 次/秒，平时为 {norm}",
        f"最近 5 分钟 {phrases.MODEL} 的请求量为 {phrases.PER_SECOND} 次/秒，"
        f"过去三周同一时段为 {norm}；低于 {floor} 时告警。",
    )
