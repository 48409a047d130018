"""How full a version is: queue, requests inside, refusals; the same row on two dashboards."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, lines
from monitoring.dashboards.promql import mean, quantile, rate


def panels(say: Say, where: str, by: str) -> tuple[Panel, ...]:
    """A quarter of a row each: queue, in flight, refusals, batches.

    Args:
        where: matchers of the series.
        by: label that there is a line for: `version` or `pod`.
    """
    name = f"{{{{{by}}}}}"

    def panel(title: str, description: str, unit: str, query: Query) -> Panel:
        return lines(title, description, unit, [query], width=6)

    return (
        panel(
            say("Wait for a worker, p95", "排队时间 p95"),
            say(
                "Time that requests spend in the queue. It rises before latency does: more pods, "
                "or less traffic.",
                "请求等待 worker 的时间。它先于延迟上升：该扩容，或该减流量。",
            ),
            units.Seconds,
            Query(quantile(0.95, "paddle_serving_queue_seconds", where, by), name),
        ),
        panel(
            say("Requests inside", "在途请求"),
            say(
                "Requests between arrival and answer. Level at WAITING plus WORKERS times "
                "MAX_BATCH means full.",
                "已到达、尚未应答的请求数。停在 WAITING + WORKERS * MAX_BATCH 附近就是满了。",
            ),
            units.Short,
            Query(f"sum by ({by}) (paddle_serving_requests_in_flight{{{where}}})", name),
        ),
        panel(
            say("Refusals", "未成功应答"),
            say(
                "Answers other than 200, by status. 503: full or no worker. 504: hung. 500: the "
                "handler. 4xx: the client.",
                "非 200 应答，按状态码。503：队列满或无可用 worker；504：卡死；500：handler 出错；"
                "4xx：客户端问题。",
            ),
            units.RequestsPerSecond,
            Query(
                rate("paddle_serving_refusals_total", where, f"{by}, status"),
                f"{name} {{{{status}}}}",
            ),
        ),
        panel(
            say("Batch size, mean", "平均批大小"),
            say(
                "Requests that a worker takes together. At MAX_BATCH all the time: saturated.",
                "worker 一次合并处理的请求数。一直等于 MAX_BATCH 就是饱和了。",
            ),
            units.Short,
            Query(mean("paddle_serving_batch_size", where, by), name),
        ),
    )
