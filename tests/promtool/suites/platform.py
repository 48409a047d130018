"""Whether alerting itself works."""

from __future__ import annotations

from tests.promtool.fleet import ELSEWHERE, EXPORTER, NAMESPACE, OCR1
from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    alerts,
    counter,
    gauge,
    said,
    series,
)
from tests.promtool.suites.gpu import LINK
from tests.promtool.suites.presence import clock, read

CRITICAL = {"severity": "critical", "owner": "platform"}
WARNING = {"severity": "warning", "owner": "platform"}
GROUP = f"/etc/prometheus/rules.json;paddle-canary.{NAMESPACE}.recording"
OTHER_GROUP = f"/etc/prometheus/rules.json;paddle-canary.{ELSEWHERE}.recording"
FAILURES = "prometheus_rule_evaluation_failures_total"
MISSED = "prometheus_rule_group_iterations_missed_total"


def of_group(name: str, group: str, samples: Values, instance: str = "p0") -> dict[str, Values]:
    """A counter of one Prometheus about a rule group."""
    return {series(name, job="prometheus", instance=instance, rule_group=group): samples}


def failing(metric: str) -> Scenario:
    per_interval = 2 / 15
    return Scenario(
        f"{metric} that goes on fires after five minutes, and clears ten minutes later",
        {
            **of_group(metric, GROUP, counter((0, "1m"), (per_interval, "10m"), (0, "20m"))),
            **of_group(metric, GROUP, counter((0, "31m")), "p1"),
            **of_group(metric, OTHER_GROUP, counter((1, "31m"))),
            **of_group(metric, "/etc/prometheus/others.yaml;kubernetes", counter((1, "31m"))),
        },
        [
            alerts("45s", "RuleEvaluationFails"),
            alerts("5m45s", "RuleEvaluationFails", [{"rule_group": GROUP, **CRITICAL}]),
            alerts("6m", "RuleEvaluationFails", [], [{"rule_group": GROUP, **CRITICAL}]),
            said(
                "6m",
                "RuleEvaluationFails",
                {"rule_group": GROUP, **CRITICAL},
                summary=f"Rules of {GROUP} fail",
                description=f"40 evaluations of the rule group {GROUP} failed or were left out in "
                "the last 5 minutes. Alerts that depend on it may not fire.",
                summary_zh=f"规则组 {GROUP} 计算失败",
                description_zh=f"最近 5 分钟规则组 {GROUP} 有 40 次计算失败或被跳过，"
                "依赖它的告警可能不会触发。",
                runbook="https://runbooks.example.com/RuleEvaluationFails.md",
                dashboard=LINK,
            ),
            # The last failure is seen for 5 minutes after the 11th.
            alerts("25m15s", "RuleEvaluationFails", [], [{"rule_group": GROUP, **CRITICAL}]),
            alerts("25m30s", "RuleEvaluationFails"),
        ],
    )


RULES = [
    failing(FAILURES),
    failing(MISSED),
    Scenario(
        "one evaluation that fails wakes nobody",
        of_group(FAILURES, GROUP, counter((0, "1m"), (1 / 15, "15s"), (0, "9m"))),
        [
            alerts("3m", "RuleEvaluationFails", [{"rule_group": GROUP, **CRITICAL}]),
            alerts("6m", "RuleEvaluationFails"),
        ],
    ),
]

TARGET = {"namespace": "", "model": "", "version": ""}
HEALTHY = {series("up", job=job, instance=job): gauge((1, "26m")) for job in ("gateway", "relay")}


def up(of: dict[str, str], samples: Values, **labels: str) -> dict[str, Values]:
    """Whether scrapes of a target succeed."""
    return {series("up", **of, **labels): samples}


def scrapes_said(what: str, how: str, how_zh: str) -> dict[str, str]:
    return {
        "summary": f"Prometheus gets no metrics from {what}",
        "description": f"{what}: {how}.",
        "summary_zh": f"Prometheus 无法从 {what} 采集指标",
        "description_zh": f"{what}：{how_zh}。",
        "runbook": "https://runbooks.example.com/ScrapeFails.md",
        "dashboard": LINK,
    }


MODELS = {"job": "paddle-models"}
SCRAPES = [
    Scenario(
        "pods that cannot be scraped fire after fifteen minutes, and clear five minutes later",
        {
            **HEALTHY,
            **up({**MODELS, **OCR1}, gauge((1, "26m")), pod="a"),
            **up({**MODELS, **OCR1}, gauge((1, "1m"), (0, "16m"), (1, "9m")), pod="b"),
            **up({**MODELS, **OCR1}, gauge((1, "1m"), (0, "16m"), (1, "9m")), pod="c"),
            **up({**MODELS, **OCR1, "namespace": ELSEWHERE}, gauge((0, "26m"))),
            **up({"job": "of-others"}, gauge((0, "26m"))),
        },
        [
            # Up for the last time at 45s, which max_over_time sees until 5m30s.
            alerts("5m30s", "ScrapeFails"),
            alerts("5m45s", "ScrapeFails", [{**MODELS, **OCR1, **WARNING}]),
            alerts("15m30s", "ScrapeFails", [{**MODELS, **OCR1, **WARNING}]),
            alerts("15m45s", "ScrapeFails", [], [{**MODELS, **OCR1, **WARNING}]),
            said(
                "15m45s",
                "ScrapeFails",
                {**MODELS, **OCR1, **WARNING},
                **scrapes_said(
                    "paddle-models ocr v1",
                    "scrapes of 2 target(s) fail",
                    "2 个采集目标没有响应",
                ),
            ),
            alerts("21m45s", "ScrapeFails", [], [{**MODELS, **OCR1, **WARNING}]),
            alerts("22m", "ScrapeFails"),
        ],
    ),
    Scenario(
        "a rolling update that takes one pod after the other is nothing",
        {
            **HEALTHY,
            **{
                key: samples
                for turn in range(4)
                for key, samples in up(
                    {**MODELS, **OCR1},
                    gauge((1, "1m"), (1, f"{turn * 4}m"), (0, "4m"), (1, "20m")),
                    pod=str(turn),
                ).items()
            },
        },
        [alerts("14m", "ScrapeFails"), alerts("17m", "ScrapeFails")],
    ),
    *(
        Scenario(
            f"a {job} that does not answer",
            {**HEALTHY, **up({"job": job, "instance": job}, gauge((0, "20m")))},
            [
                alerts("9m45s", "ScrapeFails", [{"job": job, **WARNING}]),
                alerts("10m", "ScrapeFails", [], [{"job": job, **WARNING}]),
                said(
                    "10m",
                    "ScrapeFails",
                    {"job": job, **WARNING},
                    **scrapes_said(job, "scrapes of 1 target(s) fail", "1 个采集目标没有响应"),
                ),
            ],
        )
        for job in ("gateway", "dcgm", "relay")
    ),
    *(
        Scenario(
            f"no {job} at all",
            {name: samples for name, samples in HEALTHY.items() if job not in name},
            [
                alerts("9m45s", "ScrapeFails", [{"job": job, **WARNING}]),
                alerts("10m", "ScrapeFails", [], [{"job": job, **WARNING}]),
                said(
                    "10m",
                    "ScrapeFails",
                    {"job": job, **WARNING},
                    **scrapes_said(job, "there is no target at all", "没有任何采集目标"),
                ),
            ],
        )
        for job in ("gateway", "relay")
    ),
]

DEAD = "paddle_relay_dead_letters_total"
ROBOT = {"robot": "vision-dingtalk"}
RELAY = [
    Scenario(
        "a message that the relay gives up fires at once, for half an hour",
        {
            series(DEAD, job="relay", instance="r0", **ROBOT): counter(
                (0, "20m"), (3 / 15, "15s"), (0, "50m")
            ),
            series(DEAD, job="relay", instance="r1", **ROBOT): counter((0, "70m")),
            series(DEAD, job="relay", instance="r0", robot="other"): counter((0, "70m")),
            series(DEAD, job="forged", instance="r0", robot="forged"): counter((1, "70m")),
        },
        [
            alerts("19m45s", "RelayDeadLetters"),
            alerts("20m", "RelayDeadLetters", [], [{**ROBOT, **CRITICAL}]),
            said(
                "20m15s",
                "RelayDeadLetters",
                {**ROBOT, **CRITICAL},
                summary="The relay gave up messages to vision-dingtalk",
                description="3 messages to vision-dingtalk were given up in the last 15 minutes: "
                "nobody there was told.",
                summary_zh="转发服务放弃了发往 vision-dingtalk 的消息",
                description_zh="最近 15 分钟有 3 条发往 vision-dingtalk 的消息被放弃，"
                "接收方没有收到通知。",
                runbook="https://runbooks.example.com/RelayDeadLetters.md",
                dashboard=LINK,
            ),
            # 15 minutes in which the message is seen, 30 minutes that the alert is kept.
            alerts("64m15s", "RelayDeadLetters", [], [{**ROBOT, **CRITICAL}]),
            alerts("64m45s", "RelayDeadLetters"),
        ],
    ),
]

STALE = {"job": "paddle-canary-exporter", **WARNING}


def stale_said(how: str, how_zh: str) -> dict[str, str]:
    return {
        "summary": "The live weights are unknown",
        "description": f"The exporter paddle-canary-exporter {how}: alerts about traffic shares, "
        "endpoints and the gateway are blind.",
        "summary_zh": "线上权重未知",
        "description_zh": f"导出器 paddle-canary-exporter {how_zh}，"
        "流量占比、端点和网关相关的告警失明。",
        "runbook": "https://runbooks.example.com/RouteExporterStale.md",
        "dashboard": LINK,
    }


EXPORTERS = [
    Scenario(
        "an exporter that reads nothing fires after five minutes, and clears at once",
        {
            **read([*clock("1m"), *[45.0] * 29, *[float(15 * each) for each in range(33, 40)]]),
            series(
                "paddle_canary_exporter_last_success_timestamp_seconds",
                **{**EXPORTER, "instance": "another"},
            ): gauge((0, "10m")),
            series("paddle_canary_exporter_last_success_timestamp_seconds", job="forged"): clock(
                "10m"
            ),
        },
        [
            alerts("2m45s", "RouteExporterStale"),
            alerts("3m", "RouteExporterStale", [STALE]),
            alerts("7m45s", "RouteExporterStale", [STALE]),
            alerts("8m", "RouteExporterStale", [], [STALE]),
            said(
                "8m",
                "RouteExporterStale",
                STALE,
                **stale_said("last read the cluster 7m 15s ago", "上次读取集群是 7m 15s 之前"),
            ),
            alerts("8m15s", "RouteExporterStale"),
        ],
    ),
    Scenario(
        "no exporter at all fires as well",
        {},
        [
            alerts("4m45s", "RouteExporterStale", [STALE]),
            alerts("5m", "RouteExporterStale", [], [STALE]),
            said("5m", "RouteExporterStale", STALE, **stale_said("gives no metrics", "没有指标")),
        ],
    ),
]

WATCHDOG = [
    Scenario(
        "the watchdog fires always",
        {},
        [
            alerts("0s", "Watchdog", [], [{"severity": "info", "owner": "platform"}]),
            said(
                "1h",
                "Watchdog",
                {"severity": "info", "owner": "platform"},
                summary="Alerting works",
                description="This alert always fires. If it does not arrive, alerting is down.",
                summary_zh="告警系统正常",
                description_zh="此告警始终触发。如果收不到它，说明告警系统已停止工作。",
                runbook="https://runbooks.example.com/Watchdog.md",
                dashboard=LINK,
            ),
        ],
    )
]

SUITES = [
    Suite(alert, ["platform"], scenarios, alert)
    for alert, scenarios in (
        ("RuleEvaluationFails", RULES),
        ("ScrapeFails", SCRAPES),
        ("RelayDeadLetters", RELAY),
        ("RouteExporterStale", EXPORTERS),
        ("Watchdog", WATCHDOG),
    )
]
