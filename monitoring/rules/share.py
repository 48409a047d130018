"""Whether a canary gets the share of requests that the live weight gives it.

Expected is not one number but a range: between the smallest and the largest weight of the window,
so that a change of weight is never off, and a share of requests wider, since testers choose their
version by header or cookie. What is left beyond the range must be more than chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import phrases
from monitoring.rules.alert import Texts, model_alert
from monitoring.rules.chance import around
from monitoring.rules.route import arm, exported
from monitoring.rules.rule import AlertRule, RecordingRule
from monitoring.rules.series import (
    MODEL_REQUESTS,
    MODEL_REQUESTS_30M,
    REQUESTS,
    REQUESTS_30M,
    WEIGHT,
    weight_over,
)
from monitoring.rules.tuned import Tuned, of_namespace

_VERSION = "namespace, model, version"


@dataclass(frozen=True)
class _Window:
    """Rates over some seconds, and how far back these look: averages of rates look back longer."""

    requests: str
    model_requests: str
    seconds: int
    back: str


_WINDOWS = (
    _Window(REQUESTS, MODEL_REQUESTS, 300, "5m"),
    _Window(REQUESTS_30M, MODEL_REQUESTS_30M, 1800, "35m"),
)


def recording(config: StackConfig) -> Iterator[RecordingRule]:
    """Requests of each version over half an hour, and the range of its weight in each window."""
    select = of_namespace(config)
    yield RecordingRule(REQUESTS_30M, f"avg_over_time({REQUESTS}{{{select}}}[30m])")
    for window in _WINDOWS:
        weight = f"{exported(WEIGHT, select)}[{window.back}]"
        for end in ("min", "max"):
            yield RecordingRule(
                weight_over(end, window.back), f"{end} by ({_VERSION}) ({end}_over_time({weight}))"
            )


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """TrafficShareOff."""
    yield from model_alert(config, alerting, "TrafficShareOff", _off, _said)


def _off(tuned: Tuned) -> str:
    return "\nor\n".join(_outside(tuned, window) for window in _WINDOWS)


def _outside(tuned: Tuned, window: _Window) -> str:
    select, choose = tuned.select, tuned.limit
    version, model = f"{window.requests}{{{select}}}", f"{window.model_requests}{{{select}}}"
    low = f"({weight_over('min', window.back)}{{{select}}} / 100 * (1 - {choose}))"
    high = f"({weight_over('max', window.back)}{{{select}}} / 100 * (1 - {choose}) + {choose})"
    least, most = (
        f"({share} * on (namespace, model) group_left () ({model} * {window.seconds}))"
        for share in (low, high)
    )
    return (
        f"{version} / on (namespace, model) group_left () ({model} > 0)\n"
        f"and (\n"
        f"  {version} * {window.seconds} < {least} - {around(least, low)}\n"
        f"  or {version} * {window.seconds} > {most} + {around(most, high)}\n"
        f")\n"
        f"and on ({_VERSION}) {arm(select, 'canary')}"
    )


def _said(tuned: Tuned) -> Texts:
    rate = phrases.of_model(MODEL_REQUESTS, phrases.AS_NUMBER)
    weight = f"{phrases.of_version(weight_over('max', '5m'), phrases.AS_NUMBER)}%"
    return Texts(
        f"{phrases.VERSION}: gets {phrases.SHARE} of the requests at weight {weight}",
        f"The canary {phrases.VERSION} got {phrases.SHARE} of the requests to "
        f"{phrases.MODEL}, {rate} requests/s in the last 5 minutes. Its weight is {weight}.",
        f"{phrases.VERSION}：权重 {weight}，实际得到 {phrases.SHARE} 的请求",
        f"灰度版本 {phrases.VERSION} 得到 {phrases.MODEL} 的 {phrases.SHARE} 的请求，"
        f"最近 5 分钟共 {rate} 次/秒。其权重为 {weight}。",
    )
