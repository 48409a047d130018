"""Canary against stable: everything that says whether a release may go on."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from infra.config import StackConfig
from monitoring.dashboards import gpus, links, saturation
from monitoring.dashboards.board import Board
from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, buckets, lines
from monitoring.dashboards.promql import FIRING, MODEL, SLO_ERRORS, SLO_P99, VERSIONS, mean
from monitoring.dashboards.tables import Column, rows
from monitoring.rules import series

# Weights that were not there a minute ago: as events are looked for every minute, each change
# is met exactly once.
_WEIGHTS = (
    f'count_values by (version, track) ("weight", {series.WEIGHT}{{{MODEL}}})'
    f' unless count_values by (version, track) ("weight", {series.WEIGHT}{{{MODEL}}} offset 1m)'
)


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
            _WEIGHTS,
            "{{version}} → {{weight}}%",
            "{{track}}",
        )
        .events(say("Alerts", "告警"), "red", FIRING, "{{alertname}}", "{{severity}} {{version}}")
        .row(say("Now", "当前状态"), _versions(say), _alerts(say))
        .row(say("Traffic", "流量"), *_traffic(say))
        .row(say("Errors", "错误"), *_errors(say))
        .row(say("Latency", "延迟"), *_latency(say))
        .row(say("Latency, distribution", "延迟分布"), _heat(say))
        .row(say("Quality of answers", "结果质量"), _quality(say))
        .row(say("Saturation", "饱和度"), *saturation.panels(say, VERSIONS, "version"))
    )
    return gpus.row(made, config, say)


def _share(requests: str, where: str) -> str:
    whole = f"sum by (namespace, model) ({requests}{{{MODEL}}})"
    return f"100 * {requests}{{{where}}} / on (namespace, model) group_left () ({whole} > 0)"


def _versions(say: Say) -> Panel:
    by = "namespace, model, version"
    return rows(
        say("Versions", "各版本"),
        say(
            "What the live route gives each version, and how it does: requests, errors and latency "
            "over the last 5 minutes.",
            "线上路由给各版本的权重，以及最近 5 分钟的请求、错误和延迟。",
        ),
        {"version": say("Version", "版本"), "track": say("Track", "轨道")},
        [
            Column(
                say("Weight", "权重"),
                f"max by ({by}, track) ({series.WEIGHT}{{{MODEL}}})",
                units.Percent,
            ),
            Column(say("Share", "实际占比"), _share(series.GATEWAY_REQUESTS, MODEL), units.Percent),
            Column(
                say("Ready pods", "就绪 Pod"),
                f"max by ({by}) ({series.READY_ENDPOINTS}{{{MODEL}}})",
                units.Short,
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
    by = "alertname, severity, version"
    since = f"max by ({by}) (ALERTS_FOR_STATE{{{MODEL}}}) * 1000"
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
        [Column(say("Since", "开始于"), f"{since} and on ({by}) {FIRING}", "dateTimeFromNow")],
        width=8,
    )


def _traffic(say: Say) -> tuple[Panel, ...]:
    weight = f"max by (version) ({series.WEIGHT}{{{VERSIONS}}})"
    return (
        lines(
            say("Share of traffic against weight", "流量占比与权重"),
            say(
                "Dashed: the weight that the live route gives. Solid: what the gateway sent there. "
                "Dotted: what its pods answered. Solid far from dashed: the weight does not work. "
                "Dotted below solid: requests that no pod answered.",
                "虚线：线上路由的权重；实线：网关实际转发的占比；点线：Pod 实际应答的占比。"
                "实线偏离虚线，说明权重没有生效；点线低于实线，说明有请求没有 Pod 应答。",
            ),
            units.Percent,
            [
                Query(weight, say("{{version}} weight", "{{version}} 权重"), "dash"),
                Query(
                    _share(series.GATEWAY_REQUESTS, VERSIONS),
                    say("{{version}} sent", "{{version}} 转发"),
                ),
                Query(
                    _share(series.REQUESTS, VERSIONS),
                    say("{{version}} answered", "{{version}} 应答"),
                    "dot",
                ),
            ],
            top=100,
        ),
        lines(
            say("Requests", "请求量"),
            say(
                "Requests that the pods of each version answered, over 5 minutes.",
                "各版本 Pod 应答的请求，5 分钟平均。",
            ),
            units.RequestsPerSecond,
            [Query(f"{series.REQUESTS}{{{VERSIONS}}}", "{{version}}")],
            stacked=True,
        ),
    )


def _errors(say: Say) -> tuple[Panel, ...]:
    at_gateway = (
        f"{series.GATEWAY_ERRORS}{{{VERSIONS}}} / ({series.GATEWAY_REQUESTS}{{{VERSIONS}}} > 0)"
    )
    return (
        lines(
            say("Error ratio", "错误率"),
            say(
                "Share of requests that the pods answered with 5xx, over 5 minutes, and the "
                "objective.",
                "Pod 返回 5xx 的请求占比（5 分钟），以及 SLO。",
            ),
            units.PercentUnit,
            [
                Query(f"{series.ERROR_RATIO}{{{VERSIONS}}}", "{{version}}"),
                Query(SLO_ERRORS, "SLO", "limit"),
            ],
        ),
        lines(
            say("Error ratio at the gateway", "网关侧错误率"),
            say(
                "Share of requests that failed as the gateway saw it. Higher than what the pods "
                "tell: pods that are dead or cut off, whose requests were retried elsewhere.",
                "网关看到的失败占比。高于 Pod 自己上报的错误率，说明有 Pod 已死或网络不通，"
                "请求被重试到了别处。",
            ),
            units.PercentUnit,
            [Query(at_gateway, "{{version}}"), Query(SLO_ERRORS, "SLO", "limit")],
        ),
    )


def _latency(say: Say) -> tuple[Panel, ...]:
    def quantiles(name: str, recorded: str, *limits: Query) -> Panel:
        return lines(
            say(f"Latency, {name}", f"延迟 {name}"),
            say(
                "From the end of a request's body to its answer, over 5 minutes, without answers "
                "with 4xx.",
                "从收完请求体到返回应答的时间（5 分钟），不含 4xx。",
            ),
            units.Seconds,
            [Query(f"{recorded}{{{VERSIONS}}}", "{{version}}"), *limits],
            width=8,
        )

    return (
        quantiles("p99", series.P99, Query(SLO_P99, "SLO", "limit")),
        quantiles("p95", series.P95),
        quantiles("p50", series.P50),
    )


def _heat(say: Say) -> Panel:
    rates = f"sum by (le) ({series.BUCKETS}{{{VERSIONS}}})"
    return buckets(
        say("Latency of $version", "$version 的延迟"),
        say(
            "How many requests took how long. Two bands: two kinds of requests, or a pod that is "
            "slower than the others.",
            "各延迟区间的请求量。出现两条带，说明有两类请求，或某个 Pod 明显更慢。",
        ),
        Query(rates, "{{le}}"),
        repeat="version",
    )


def _quality(say: Say) -> Panel:
    where = f'{VERSIONS},signal=~"$signal"'
    return lines(
        say("$signal, mean", "$signal 均值"),
        say(
            "Mean of a score that the handler gives its answers. A version that is fast and wrong "
            "shows only here.",
            "handler 给结果打的分的均值。又快又错的版本只有在这里看得出来。",
        ),
        units.Short,
        [Query(mean("paddle_model_quality", where, "version"), "{{version}}")],
        width=24,
        repeat="signal",
    )
