"""The monitoring itself: whether silence means that all is well."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from monitoring.dashboards import delivery, links
from monitoring.dashboards.board import Board
from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, lines
from monitoring.dashboards.tables import Column, rows
from monitoring.rules import series


def board(say: Say, interval: float) -> Board:
    """The dashboard for alerts about the platform, and for the question why nothing came."""
    return (
        Board(
            links.MONITORING,
            say("The monitoring itself", "监控系统自身"),
            say(
                "Scrapes, rules, Alertmanager and the relay to the robots: whether silence means "
                "that all is well.",
                "抓取、规则、Alertmanager 和推送机器人的 relay："
                "没有告警，是真的没事，还是监控坏了。",
            ),
            interval,
        )
        .row(say("Collection", "采集"), *_collection(say))
        .row(say("Rules", "规则"), *_rules(say))
        .row("Alertmanager", *delivery.alertmanager(say))
        .row(say("Relay to the robots", "机器人推送（relay）"), *delivery.relay(say))
    )


def _collection(say: Say) -> tuple[Panel, ...]:
    jobs = 'job=~"paddle-.*|gateway|dcgm|relay|prometheus|alertmanager"'
    return (
        rows(
            say("Targets", "抓取目标"),
            say(
                "Targets of each job, and how many of them do not answer.",
                "各 job 的目标数，以及其中抓取失败的个数。",
            ),
            {"job": "job"},
            [
                Column(say("Targets", "目标"), f"count by (job) (up{{{jobs}}})", units.Short),
                Column(
                    say("Down", "失败"),
                    f"count by (job) (up{{{jobs}}}) - sum by (job) (up{{{jobs}}})",
                    units.Short,
                    1,
                ),
                Column(
                    say("Slowest scrape", "最慢抓取"),
                    f"scrape_duration_seconds{{{jobs}}}",
                    units.Seconds,
                ),
                Column(
                    say("Largest scrape", "最大样本数"),
                    f"scrape_samples_post_metric_relabeling{{{jobs}}}",
                    units.Short,
                ),
            ],
            width=12,
        ),
        lines(
            say("Targets that do not answer", "抓取失败的目标"),
            say(
                "By job. Pods that come and go in a release show for a moment.",
                "按 job。发布期间 Pod 交替时会短暂出现。",
            ),
            units.Short,
            [Query(f"count by (job) (up{{{jobs}}}) - sum by (job) (up{{{jobs}}})", "{{job}}")],
            width=6,
        ),
        lines(
            say("Age of weights and endpoints", "权重与端点数据的时效"),
            say(
                "Seconds since the exporter last read the routes. Old: what is said about weights "
                "and endpoints is not true any more.",
                "exporter 距上次成功读取路由的时间。过大时，权重和端点数据已不可信。",
            ),
            units.Seconds,
            [
                Query(
                    f"time() - max ({series.EXPORTER_SUCCESS})",
                    say("age", "时效"),
                )
            ],
            width=6,
        ),
    )


def _rules(say: Say) -> tuple[Panel, ...]:
    return (
        lines(
            say("Time of an evaluation", "规则评估耗时"),
            say(
                "Share of its interval that each group of rules takes. At 100% evaluations are "
                "left out.",
                "各规则组评估耗时占其间隔的比例。到 100% 就会漏掉评估。",
            ),
            units.PercentUnit,
            [
                Query(
                    "max by (rule_group) (prometheus_rule_group_last_duration_seconds"
                    " / prometheus_rule_group_interval_seconds)",
                    "{{rule_group}}",
                ),
                Query("vector(1)", say("limit", "上限"), "limit"),
            ],
            width=8,
        ),
        lines(
            say("Evaluations that failed or were left out", "失败或漏掉的规则评估"),
            say(
                "Any at all: alerts of that group may be blind. Prometheus' page of rules has the "
                "error.",
                "只要不为 0，该组的告警就可能失灵。错误信息见 Prometheus 的 Rules 页面。",
            ),
            units.OpsPerSecond,
            [
                Query(
                    "sum by (rule_group)"
                    " (rate(prometheus_rule_evaluation_failures_total[$__rate_interval]))",
                    say("{{rule_group}} failed", "{{rule_group}} 失败"),
                ),
                Query(
                    "sum by (rule_group)"
                    " (rate(prometheus_rule_group_iterations_missed_total[$__rate_interval]))",
                    say("{{rule_group}} left out", "{{rule_group}} 漏掉"),
                    "dash",
                ),
            ],
            width=8,
        ),
        lines(
            say("Series in memory", "内存中的序列数"),
            say(
                "Growth without new pods: a label with too many values.",
                "没有新增 Pod 却持续增长，说明某个标签取值过多。",
            ),
            units.Short,
            [Query("max by (instance) (prometheus_tsdb_head_series)", "{{instance}}")],
            width=8,
        ),
    )
