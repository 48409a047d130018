"""From an alert to its reader: Alertmanager, and the relay to the robots."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, lines


def alertmanager(say: Say) -> tuple[Panel, ...]:
    """What Alertmanager has, and what it sent."""
    return (
        lines(
            say("Alerts", "告警数"),
            say("As Alertmanager has them, by state.", "Alertmanager 中的告警，按状态。"),
            units.Short,
            [Query("max by (state) (alertmanager_alerts)", "{{state}}")],
            width=8,
        ),
        lines(
            say("Notifications", "通知"),
            say(
                "Sent, and failed: dashed. Failed ones are tried again.",
                "实线为发送，虚线为失败；失败的会重试。",
            ),
            units.OpsPerSecond,
            [
                Query(
                    "sum by (integration)"
                    " (rate(alertmanager_notifications_total[$__rate_interval]))",
                    "{{integration}}",
                ),
                Query(
                    "sum by (integration)"
                    " (rate(alertmanager_notifications_failed_total[$__rate_interval]))",
                    say("{{integration}} failed", "{{integration}} 失败"),
                    "dash",
                ),
            ],
            width=8,
        ),
        lines(
            say("Alerts that did not reach Alertmanager", "未送达 Alertmanager 的告警"),
            say(
                "Dropped by Prometheus because no Alertmanager took them in time.",
                "Prometheus 因 Alertmanager 不可用而丢弃的告警。",
            ),
            units.OpsPerSecond,
            [
                Query(
                    "sum by (instance)"
                    " (rate(prometheus_notifications_dropped_total[$__rate_interval]))",
                    "{{instance}}",
                )
            ],
            width=8,
        ),
    )


def relay(say: Say) -> tuple[Panel, ...]:
    """What waits in the relay, and what it gave up."""
    return (
        lines(
            say("Waiting messages", "排队消息"),
            say(
                "Notifications that wait for a robot to accept them.",
                "等待机器人接受的通知。",
            ),
            units.Short,
            [Query("sum by (robot) (paddle_relay_waiting)", "{{robot}}")],
            width=6,
        ),
        lines(
            say("Age of the oldest message", "最久的排队消息"),
            say(
                "How late the on-call hears of it. Rising without end: the robot refuses, or is "
                "away.",
                "值班人员会晚多久收到。持续上升，说明机器人拒收或不可用。",
            ),
            units.Seconds,
            [Query("max by (robot) (paddle_relay_oldest_waiting_seconds)", "{{robot}}")],
            width=6,
        ),
        lines(
            say("Dead letters", "死信"),
            say(
                "Notifications that were given up: nobody has read them. Lines that are not at 0 "
                "are messages to look up in the relay's log.",
                "被放弃的通知，没有人收到。不为 0 时到 relay 日志里查是哪些消息。",
            ),
            units.Short,
            [Query("sum by (robot) (paddle_relay_dead_letters)", "{{robot}}")],
            width=6,
        ),
        lines(
            say("Requests to robots", "对机器人的请求"),
            say(
                "By outcome, as the robot's own code tells it.",
                "按结果，以机器人返回的错误码为准。",
            ),
            units.RequestsPerSecond,
            [
                Query(
                    "sum by (robot, outcome) (rate(paddle_relay_requests_total[$__rate_interval]))",
                    "{{robot}} {{outcome}}",
                )
            ],
            width=6,
        ),
    )
