"""Canary against stable: everything that says whether a release may go on."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from infra.config import StackConfig
from monitoring.dashboards import comparison, gpus, links, saturation
from monitoring.dashboards.board import Board
from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel
from monitoring.dashboards.promql import FIRING, MODEL, VERSIONS
from monitoring.dashboards.tables import Column, rows
from monitoring.rules import series

# Weights that a version did not have a minute ago, unless the exporter was away then. As events
# are looked for every minute, each change is met once.
_NOW = f"{series.WEIGHT}{{{MODEL}}}"
_BEFORE = f"{_NOW} offset 1m"
_BY_WEIGHT = 'count_values by (version, track) ("weight", {})'
_STEPS = f"{_BY_WEIGHT.format(_NOW)} unless {_BY_WEIGHT.format(_BEFORE)} and on () {_BEFORE}"


def board(config: StackConfig, say: Say, interval: float) -> Board:
    """The dashboard that a release engineer watches and an alert about a version leads to."""
    made = (
        Board(
            links.CANARY,
            say("Canary against stable", "灰度版本对比稳定版本"),
            say(
                "One model: how its canary does beside stable, at the same time and under the same "
                "traffic. Marks on the graphs are changes of a weight, and alerts.",
                "单个模型：同一时段、同样的流量下，灰度版本与稳定版本的表现。"
                "图上的竖线是权重变更和告警。",
            ),
            interval,
        )
        .variable(
            "namespace",
            say("Namespace", "命名空间"),
            f"label_values({series.WEIGHT}, namespace)",
            first=config.namespace,
        )
        .variable(
            "model",
            say("Model", "模型"),
            f'label_values({series.WEIGHT}{{namespace="$namespace"}}, model)',
        )
        .variable(
            "version",
            say("Version", "版本"),
            f"label_values({series.WEIGHT}{{{MODEL}}}, version)",
            several=True,
        )
        .variable(
            "signal",
            say("Quality signal", "质量信号"),
            f"label_values(paddle_model_quality_count{{{MODEL}}}, signal)",
            several=True,
        )
        .events(
            say("Rollout steps", "放量步骤"),
            "blue",
            _STEPS,
            "{{version}} → {{weight}}%",
            "{{track}}",
        )
        .events(say("Alerts", "告警"), "red", FIRING, "{{alertname}}", "{{severity}} {{version}}")
        .row(say("Now", "当前状态"), _versions(say), _alerts(say))
        .row(say("Traffic", "流量"), *comparison.traffic(say))
        .row(say("Errors", "错误"), *comparison.errors(say))
        .row(say("Latency", "延迟"), *comparison.latency(say))
        .row(say("Latency, distribution", "延迟分布"), comparison.heat(say))
        .row(say("Quality of answers", "结果质量"), comparison.quality(say))
        .row(say("Saturation", "饱和度"), *saturation.panels(say, VERSIONS, "version"))
    )
    return gpus.row(made, config, say)


def _versions(say: Say) -> Panel:
    return rows(
        say("Versions", "各版本"),
        say(
            "What the live route gives each version, and how it does: requests, errors and latency "
            "over the last 5 minutes.",
            "线上路由给各版本的权重，以及最近 5 分钟的请求、错误和延迟。",
        ),
        {"version": say("Version", "版本"), "track": "track"},
        [
            Column(say("Weight", "权重"), f"{series.WEIGHT}{{{MODEL}}}", units.Percent),
            Column(
                say("Share", "实际占比"),
                comparison.share(series.GATEWAY_REQUESTS, MODEL),
                units.Percent,
            ),
            Column(
                say("Ready pods", "就绪 Pod"), f"{series.READY_ENDPOINTS}{{{MODEL}}}", units.Short
            ),
            Column(
                say("Requests", "请求"), f"{series.REQUESTS}{{{MODEL}}}", units.RequestsPerSecond
            ),
            Column(say("Errors", "错误率"), f"{series.ERROR_RATIO}{{{MODEL}}}", units.PercentUnit),
            Column("p99", f"{series.P99}{{{MODEL}}}", units.Seconds),
        ],
        width=16,
        link=links.path(
            links.VERSION,
            namespace="$namespace",
            model="$model",
            version="${__data.fields.version}",
        ),
    )


def _alerts(say: Say) -> Panel:
    since = f"ALERTS_FOR_STATE{{{MODEL}}} * 1000"
    return rows(
        say("Firing alerts", "触发中的告警"),
        say(
            "Alerts about this model that fire now. Empty is good.",
            "此模型当前触发的告警，空表示正常。",
        ),
        {
            "alertname": say("Alert", "告警"),
            "severity": say("Severity", "级别"),
            "version": say("Version", "版本"),
        },
        [
            Column(
                say("Since", "开始于"),
                f"{since} and ignoring (alertstate) {FIRING}",
                "dateTimeFromNow",
            )
        ],
        width=8,
    )
