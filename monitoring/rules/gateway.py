"""What the gateway counts for each version, and errors that only the gateway sees.

Traefik names slots, not versions; the exporter tells which version a slot leads to now. A request
that no pod answered is counted by no pod. Where the gateway tried it again on stable, even its
client saw no error: only this metric of the slot did.
https://doc.traefik.io/traefik/observability/metrics/overview/#service-metrics
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import phrases
from monitoring.rules.alert import Texts, model_alert
from monitoring.rules.chance import LEAST_ERRORS
from monitoring.rules.recording import BY_VERSION, WINDOW_SECONDS
from monitoring.rules.route import exported
from monitoring.rules.rule import AlertRule, RecordingRule
from monitoring.rules.series import (
    ERRORS,
    GATEWAY_ERRORS,
    GATEWAY_JOB,
    GATEWAY_REQUESTS,
    GATEWAY_UNANSWERED,
    ROUTE_INFO,
    SLO_ERROR_RATIO,
)
from monitoring.rules.tuned import Tuned, of_namespace

_COUNTER = "traefik_service_requests_total"


def recording(config: StackConfig) -> Iterator[RecordingRule]:
    """Requests and errors of each version at the gateway, and errors that no pod counted."""
    select = of_namespace(config)
    yield _joined(select, GATEWAY_REQUESTS, f'job="{GATEWAY_JOB}"')
    yield _joined(select, GATEWAY_ERRORS, f'job="{GATEWAY_JOB}",code=~"5.."')
    at_gateway = f"{GATEWAY_ERRORS}{{{select}}}"
    counted = f"({ERRORS}{{{select}}} or {at_gateway} * 0)"
    yield RecordingRule(GATEWAY_UNANSWERED, f"clamp_min({at_gateway} - {counted}, 0)")


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """GatewayErrors."""
    yield from model_alert(config, alerting, "GatewayErrors", _unanswered, _said)


def _joined(select: str, record: str, matchers: str) -> RecordingRule:
    rate = f"sum by (service) (rate({_COUNTER}{{{matchers}}}[5m]))"
    slot = f'label_replace({rate}, "slot", "$1", "service", "(.*)")'
    leads_to = f"max by (namespace, model, version, slot) ({exported(ROUTE_INFO, select)})"
    return RecordingRule(
        record,
        f"sum by ({BY_VERSION}) (\n  {leads_to}\n  * on (slot) group_left () {slot}\n)",
    )


def _unanswered(tuned: Tuned) -> str:
    select = tuned.select
    unanswered = f"{GATEWAY_UNANSWERED}{{{select}}}"
    return (
        f"{unanswered} / ({GATEWAY_REQUESTS}{{{select}}} > 0)\n"
        f"  > on (namespace, model) group_left () {SLO_ERROR_RATIO}{{{select}}}\n"
        f"and {unanswered} * {WINDOW_SECONDS} >= {LEAST_ERRORS}"
    )


def _said(tuned: Tuned) -> Texts:
    slo = phrases.of_model(SLO_ERROR_RATIO, phrases.AS_SHARE)
    rate = phrases.of_version(GATEWAY_REQUESTS, phrases.AS_NUMBER)
    return Texts(
        f"{phrases.VERSION}: no pod answers {phrases.SHARE} of the requests",
        f"The gateway failed to get an answer from {phrases.VERSION} for {phrases.SHARE} of its "
        f"{rate} requests/s in the last 5 minutes, and no pod counted these errors. The SLO "
        f"allows {slo}. Clients may have been answered by stable.",
        f"{phrases.VERSION}：{phrases.SHARE} 的请求没有 Pod 应答",
        f"最近 5 分钟网关发往 {phrases.VERSION} 的 {rate} 次/秒请求中有 {phrases.SHARE} 失败，"
        f"且没有 Pod 记录这些错误。SLO 允许 {slo}。客户端可能由稳定版应答。",
    )
