"""All models at a glance: who is in trouble, and who is being released."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from infra.config import StackConfig
from monitoring.dashboards import gpus, links
from monitoring.dashboards.board import Board
from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, lines
from monitoring.dashboards.promql import by_pool, nvidia_pools
from monitoring.dashboards.tables import Column, rows
from monitoring.rules import series

_IN = 'namespace="$namespace"'
_BY = "namespace, model"
_ERRORS_USED = (
    f"{series.MODEL_ERROR_RATIO}{{{_IN}}} / on ({_BY}) ({series.SLO_ERROR_RATIO}{{{_IN}}} > 0)"
)
_P99 = f"max by ({_BY}) ({series.P99}{{{_IN}}})"
_P99_USED = f"{_P99} / on ({_BY}) {series.SLO_P99}{{{_IN}}}"
_TO_CANARY = links.path(
    links.CANARY, namespace="${__data.fields.namespace}", model="${__data.fields.model}"
)


def board(config: StackConfig, say: Say, interval: float) -> Board:
    """The dashboard to begin with."""
    made = (
        Board(
            links.FLEET,
            say("Fleet of models", "模型总览"),
            say(
                "All models of a namespace: traffic, errors and latency against the objectives, "
                "releases under way, alerts, and GPU pools.",
                "一个命名空间的全部模型：流量、错误与延迟（对比 SLO）、"
                "进行中的发布、告警和 GPU 节点池。",
            ),
            interval,
        )
        .variable(
            "namespace",
            say("Namespace", "命名空间"),
            f"label_values({series.WEIGHT}, namespace)",
            first=config.namespace,
        )
        .row(say("Models", "模型"), _models(say))
        .row(say("Alerts and GPU pools", "告警与 GPU 节点池"), *_trouble(config, say))
        .row(say("Over time", "趋势"), *_trends(say))
    )
    return gpus.row(made, config, say)


def _models(say: Say) -> Panel:
    weight = f'{series.WEIGHT}{{{_IN},track="canary"}}'
    return rows(
        say("All models", "全部模型"),
        say(
            "A row for each model, and for each canary of it; over the last 5 minutes. Red: more "
            "than the objective allows. A click on a model opens its canary beside its stable.",
            "每个模型一行（有多个灰度版本时每个一行），最近 5 分钟。红色表示超出 SLO。"
            "点击模型查看灰度与稳定版本的对比。",
        ),
        {
            "model": say("Model", "模型"),
            "namespace": say("Namespace", "命名空间"),
            "version": say("Canary", "灰度版本"),
        },
        [
            Column(say("Weight", "权重"), weight, units.Percent),
            Column(
                say("Requests", "请求"),
                f"{series.MODEL_REQUESTS}{{{_IN}}}",
                units.RequestsPerSecond,
            ),
            Column(
                say("Against norm", "相对常态"),
                f"{series.MODEL_REQUESTS_1H}{{{_IN}}} / ({series.NORM}{{{_IN}}} > 0)",
                units.PercentUnit,
            ),
            Column(
                say("Errors", "错误率"), f"{series.MODEL_ERROR_RATIO}{{{_IN}}}", units.PercentUnit
            ),
            Column(say("Errors ÷ SLO", "错误率 ÷ SLO"), _ERRORS_USED, units.PercentUnit, 1),
            Column("p99", _P99, units.Seconds),
            Column("p99 ÷ SLO", _P99_USED, units.PercentUnit, 1),
            Column(
                say("Alerts", "告警"),
                f'count by ({_BY}) (ALERTS{{alertstate="firing",{_IN},severity!="info"}})',
                units.Short,
                1,
            ),
        ],
        link=_TO_CANARY,
        height=10,
    )


def _trouble(config: StackConfig, say: Say) -> list[Panel]:
    # Only alerts of a stack have an owner: others may share its Prometheus.
    ours = 'severity!="info",owner!="",namespace=~"$namespace|"'
    firing = f'ALERTS{{alertstate="firing",{ours}}}'
    since = f"ALERTS_FOR_STATE{{{ours}}} * 1000"
    pools = bool(nvidia_pools(config))
    alerts = rows(
        say("Firing alerts", "触发中的告警"),
        say(
            "Everything that fires now, those of the platform as well. Empty is good.",
            "当前触发的全部告警，包括平台自身的。空表示正常。",
        ),
        {
            "model": say("Model", "模型"),
            "version": say("Version", "版本"),
            "alertname": say("Alert", "告警"),
            "severity": say("Severity", "级别"),
            "namespace": say("Namespace", "命名空间"),
        },
        [
            Column(
                say("Since", "开始于"),
                f"{since} and ignoring (alertstate) {firing}",
                "dateTimeFromNow",
            )
        ],
        link=_TO_CANARY,
        width=14 if pools else 24,
    )
    return [alerts, _pools(config, say)] if pools else [alerts]


def _pools(config: StackConfig, say: Say) -> Panel:
    return rows(
        say("GPU pools", "GPU 节点池"),
        say(
            "Mean utilisation, the fullest and the hottest GPU, and faults lately.",
            "平均利用率、显存占用最高和温度最高的卡，以及最近的故障数。",
        ),
        {"pool": say("Pool", "节点池")},
        [
            Column("GPU", by_pool(config, gpus.COUNT), units.Short),
            Column(
                say("Utilisation", "利用率"), by_pool(config, gpus.UTILISATION), units.PercentUnit
            ),
            Column(say("Memory", "显存"), by_pool(config, gpus.MEMORY), units.PercentUnit, 0.95),
            Column(
                say("Hottest", "最高温度"), by_pool(config, gpus.TEMPERATURE), units.Celsius, 85
            ),
            Column("XID", by_pool(config, gpus.FAULTS), units.Short, 1),
        ],
        width=10,
    )


def _trends(say: Say) -> tuple[Panel, ...]:
    return (
        lines(
            say("Requests by model", "各模型请求量"),
            say(
                "What the pods answered, over 5 minutes.",
                "Pod 应答的请求，5 分钟平均。",
            ),
            units.RequestsPerSecond,
            [Query(f"{series.MODEL_REQUESTS}{{{_IN}}}", "{{model}}")],
            width=8,
            stacked=True,
        ),
        lines(
            say("Errors against the objective", "错误率对比 SLO"),
            say(
                "Error ratio of each model in units of its own objective: 100% is the objective.",
                "各模型错误率与自身 SLO 之比：100% 即达到 SLO。",
            ),
            units.PercentUnit,
            [Query(_ERRORS_USED, "{{model}}"), Query("vector(1)", "SLO", "limit")],
            width=8,
        ),
        lines(
            say("Canary weights", "灰度权重"),
            say(
                "The releases under way, as the live routes have them.",
                "进行中的发布，取自线上路由。",
            ),
            units.Percent,
            [
                Query(
                    f'max by (model, version) ({series.WEIGHT}{{{_IN},track="canary"}})',
                    "{{model}} {{version}}",
                )
            ],
            width=8,
            top=100,
        ),
    )
