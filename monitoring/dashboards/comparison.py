"""Graphs that hold the versions of a model against each other and against its objectives."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, buckets, lines
from monitoring.dashboards.promql import MODEL, SLO_ERRORS, SLO_P99, VERSIONS, mean
from monitoring.rules import series


def share(requests: str, where: str) -> str:
    """What versions get of the requests of their model, in percent, by a series of rates."""
    whole = f"sum by (namespace, model) ({requests}{{{MODEL}}})"
    return f"100 * {requests}{{{where}}} / on (namespace, model) group_left () ({whole} > 0)"


def traffic(say: Say) -> tuple[Panel, ...]:
    """Shares beside weights, and requests."""
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
                    share(series.GATEWAY_REQUESTS, VERSIONS),
                    say("{{version}} sent", "{{version}} 转发"),
                ),
                Query(
                    share(series.REQUESTS, VERSIONS),
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


def errors(say: Say) -> tuple[Panel, ...]:
    """Errors as pods count them, and as the gateway does."""
    sent = f"{series.GATEWAY_REQUESTS}{{{VERSIONS}}}"
    # The gateway has no series of errors before the first one.
    at_gateway = f"({series.GATEWAY_ERRORS}{{{VERSIONS}}} or {sent} * 0) / ({sent} > 0)"
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


def latency(say: Say) -> tuple[Panel, ...]:
    """Quantiles."""

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


def heat(say: Say) -> Panel:
    """The whole distribution of latencies, for each version."""
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


def quality(say: Say) -> Panel:
    """Scores of answers, for each signal."""
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
