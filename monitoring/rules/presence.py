"""What should be there and is not: metrics of a version, pods that are ready, the route."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules import phrases
from monitoring.rules.alert import Texts, model_alert
from monitoring.rules.route import STALE_SECONDS, exported, since_success
from monitoring.rules.rule import AlertRule
from monitoring.rules.series import MODEL_INFO, READY_ENDPOINTS, REQUESTS, VERSION_INFO, WEIGHT
from monitoring.rules.tuned import Tuned

_TRACKED = "namespace, model, version, track"


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """ModelVersionAbsent, NoReadyEndpoints and RouteMissing."""
    yield from model_alert(config, alerting, "ModelVersionAbsent", _absent, _absent_said)
    yield from model_alert(config, alerting, "NoReadyEndpoints", _not_ready, _not_ready_said)
    yield from model_alert(config, alerting, "RouteMissing", _no_route, _no_route_said)


def _absent(tuned: Tuned) -> str:
    select = tuned.select
    return (
        f"max by (namespace, model, version) ({VERSION_INFO}{{{select}}})\n"
        f"unless {REQUESTS}{{{select}}}"
    )


def _absent_said(tuned: Tuned) -> Texts:
    return Texts(
        f"{phrases.VERSION}: no metrics",
        f"The stack file gives {phrases.VERSION} pods, and Prometheus has no metrics of any. "
        "Nobody knows how this version does.",
        f"{phrases.VERSION}：没有指标",
        f"配置中 {phrases.VERSION} 应有 Pod，但 Prometheus 没有它的任何指标，该版本的状态未知。",
    )


def _not_ready(tuned: Tuned) -> str:
    weight, ready = (exported(series, tuned.select) for series in (WEIGHT, READY_ENDPOINTS))
    return (
        f"max by ({_TRACKED}) ({weight}) > 0\n"
        f"unless on (namespace, model, version) max by (namespace, model, version) ({ready}) > 0"
    )


def _not_ready_said(tuned: Tuned) -> Texts:
    weight = '{{ printf "%.3g" $value }}%'
    return Texts(
        f"{phrases.VERSION}: no pod is ready",
        f"The route gives {phrases.VERSION} ({{{{ $labels.track }}}}) {weight} of the requests to "
        f"{phrases.MODEL}, and none of its pods is ready.",
        f"{phrases.VERSION}：没有就绪的 Pod",
        f"路由把 {phrases.MODEL} {weight} 的请求分给 {phrases.VERSION}"
        "（{{ $labels.track }}），但它没有就绪的 Pod。",
    )


def _no_route(tuned: Tuned) -> str:
    # While the exporter reads nothing, there is nothing to say about routes.
    return (
        f"max by (namespace, model) ({MODEL_INFO}{{{tuned.select}}})\n"
        f"unless max by (namespace, model) ({exported(WEIGHT, tuned.select)})\n"
        f"and on () {since_success()} < {STALE_SECONDS}"
    )


def _no_route_said(tuned: Tuned) -> Texts:
    return Texts(
        f"{phrases.MODEL}: no live route",
        f"The cluster has no route for {phrases.MODEL}, or one that is not as this project writes "
        "it. Requests may reach none of its versions.",
        f"{phrases.MODEL}：没有线上路由",
        f"集群中没有 {phrases.MODEL} 的路由，或其形态与本项目所写的不同，请求可能到不了任何版本。",
    )
