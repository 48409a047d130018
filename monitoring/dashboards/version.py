"""One version of a model: its pods, one by one."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from infra.config import StackConfig
from monitoring.dashboards import gpus, links, saturation
from monitoring.dashboards.board import Board
from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, lines
from monitoring.dashboards.promql import MODEL, SLO_ERRORS, SLO_P99, quantile, rate
from monitoring.rules import series

_VERSION = f'{MODEL},version="$version"'
_UP = f'up{{job="{series.MODELS_JOB}",{_VERSION}}}'


def board(config: StackConfig, say: Say, interval: float) -> Board:
    """The dashboard for the question which pod it is, and whether it is one or all."""
    made = (
        Board(
            links.VERSION,
            say("Version of a model", "模型版本"),
            say(
                "One version, pod by pod: is it one pod or all of them, and what fills up first.",
                "单个版本，逐个 Pod：是个别 Pod 的问题还是全部，瓶颈先出现在哪里。",
            ),
            interval,
        )
        .variable(
            "namespace",
            say("Namespace", "命名空间"),
            "label_values(paddle_model_requests_total, namespace)",
            first=config.namespace,
        )
        .variable(
            "model",
            say("Model", "模型"),
            'label_values(paddle_model_requests_total{namespace="$namespace"}, model)',
        )
        .variable(
            "version",
            say("Version", "版本"),
            f"label_values(paddle_model_requests_total{{{MODEL}}}, version)",
        )
        .row(say("Pods", "Pod"), *_pods(say))
        .row(say("Saturation", "饱和度"), *saturation.panels(say, _VERSION, "pod"))
        .row(say("Workers", "worker 进程"), *_workers(config, say))
    )
    return gpus.row(made, config, say)


def _pods(say: Say) -> tuple[Panel, ...]:
    requests = rate("paddle_model_requests_total", _VERSION, "pod")
    errors = rate("paddle_model_errors_total", _VERSION, "pod")
    p99 = quantile(0.99, "paddle_model_latency_seconds", _VERSION, "pod")
    return (
        lines(
            say("Pods", "Pod 数"),
            say(
                "Ready: the route may send them requests. Scraped: they answer on /metrics. Known: "
                "they are there at all.",
                "就绪：路由可以给它流量；可抓取：/metrics 有响应；已知：Pod 存在。",
            ),
            units.Short,
            [
                Query(f"max ({series.READY_ENDPOINTS}{{{_VERSION}}})", say("ready", "就绪")),
                Query(f"sum ({_UP})", say("scraped", "可抓取")),
                Query(f"count ({_UP})", say("known", "已知"), "dash"),
            ],
            width=6,
        ),
        lines(
            say("Requests by pod", "各 Pod 请求量"),
            say(
                "Pods of a version share its traffic evenly. One without any: not "
                "ready, or cut off.",
                "同一版本的 Pod 应均分流量。某个 Pod 没有流量，说明未就绪或网络不通。",
            ),
            units.RequestsPerSecond,
            [Query(requests, "{{pod}}")],
            width=6,
        ),
        lines(
            say("Error ratio by pod", "各 Pod 错误率"),
            say(
                "One pod: look at its node and its log. All: the version, or what it depends on.",
                "个别 Pod 高：看它的节点和日志；全部都高：版本本身或其依赖有问题。",
            ),
            units.PercentUnit,
            [Query(f"{errors} / ({requests} > 0)", "{{pod}}"), Query(SLO_ERRORS, "SLO", "limit")],
            width=6,
        ),
        lines(
            say("Latency by pod, p99", "各 Pod 延迟 p99"),
            say(
                "One slow pod is enough to lift the p99 of the version.",
                "一个慢 Pod 就足以拉高整个版本的 p99。",
            ),
            units.Seconds,
            [Query(p99, "{{pod}}"), Query(SLO_P99, "SLO", "limit")],
            width=6,
        ),
    )


def _workers(config: StackConfig, say: Say) -> tuple[Panel, ...]:
    replaced = f"increase(paddle_serving_worker_restarts_total{{{_VERSION}}}[$__rate_interval])"
    panels = [
        lines(
            say("Workers replaced", "worker 重启"),
            say(
                "By reason. died: crashed. hung: no result within DEADLINE_SECONDS. memory: grown "
                "beyond WORKER_MEMORY_MB. start: cannot load the model.",
                "按原因。died：崩溃；hung：超过 DEADLINE_SECONDS 没有结果；memory：超过 "
                "WORKER_MEMORY_MB；start：模型加载失败。",
            ),
            units.Short,
            [Query(f"sum by (reason) ({replaced})", "{{reason}}")],
            width=8,
        ),
        lines(
            say("Time to load and warm up", "加载与预热耗时"),
            say(
                "Of the worker that was started last. This is how long a new pod or a replaced "
                "worker does without traffic.",
                "最近一次启动的 worker。新 Pod 或被替换的 worker 在这段时间里没有处理能力。",
            ),
            units.Seconds,
            [
                Query(f"max (paddle_serving_load_seconds{{{_VERSION}}})", say("load", "加载")),
                Query(
                    f"max (paddle_serving_warm_up_seconds{{{_VERSION}}})", say("warm-up", "预热")
                ),
            ],
            width=8,
        ),
    ]
    if config.alerting is not None and config.alerting.mode == "operator":
        # Kubelets tell it; the Prometheus of mode `embedded` may not read them.
        of_pods = 'namespace="$namespace",container!=""'
        used = f"sum by (pod) (container_memory_working_set_bytes{{{of_pods}}})"
        panels.append(
            lines(
                say("Memory by pod", "各 Pod 内存"),
                say(
                    "Working set of each pod, as its kubelet tells it. At the limit, the kernel "
                    "kills it.",
                    "各 Pod 的工作集内存（来自 kubelet）。到达 limit 会被内核杀掉。",
                ),
                units.BytesIEC,
                [Query(f"{used} and on (pod) {_UP}", "{{pod}}")],
                width=8,
            )
        )
    return tuple(panels)
