"""Whether alerting itself works: rules, scrapes, the route exporter, the relay, the dead man's
switch."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from infra.config.alerting import Alerting
from monitoring.rules.alert import Texts, platform_alert
from monitoring.rules.route import STALE_SECONDS, exported, since_success
from monitoring.rules.rule import AlertRule
from monitoring.rules.series import (
    DCGM_JOB,
    EXPORTER_JOB,
    EXPORTER_SUCCESS,
    GATEWAY_JOB,
    MODELS_JOB,
    RELAY_JOB,
)
from monitoring.rules.tuned import Tuned, of_namespace


def group_name(config: StackConfig, family: str) -> str:
    """The name of a rule group, by which RuleEvaluationFails knows the groups of this stack."""
    return _group_name(config.namespace, family)


def _group_name(namespace: str, family: str) -> str:
    return f"paddle-canary.{namespace}.{family}"


def rules(config: StackConfig, alerting: Alerting) -> Iterator[AlertRule]:
    """RuleEvaluationFails, ScrapeFails, RouteExporterStale, RelayDeadLetters, Watchdog."""
    yield from platform_alert(
        alerting, "RuleEvaluationFails", lambda _: _failing_rules(config), _rules_said
    )
    yield from platform_alert(
        alerting, "ScrapeFails", lambda _: _failing_scrapes(config), _scrapes_said
    )
    yield from platform_alert(alerting, "RelayDeadLetters", _dead_letters, _dead_letters_said)
    yield from platform_alert(alerting, "RouteExporterStale", _stale, _stale_said)
    yield from platform_alert(alerting, "Watchdog", lambda _: "vector(1)", _watchdog_said)


def _failing_rules(config: StackConfig) -> str:
    ours = f'{{rule_group=~".*;{_group_name(_any(config), "").replace(".", "[.]")}.*"}}[5m]'
    metrics = (
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_iterations_missed_total",
    )
    counts = (f"sum by (rule_group) (increase({metric}{ours})) > 0" for metric in metrics)
    return "\nor ".join(counts)


def _any(config: StackConfig) -> str:
    """A pattern of the namespaces of all models: with groups there are several."""
    return f"({'|'.join(config.namespaces)})" if config.groups else config.namespace


def _of_models(config: StackConfig) -> str:
    return f'namespace=~"{_any(config)}"' if config.groups else of_namespace(config)


def _rules_said(tuned: Tuned) -> Texts:
    count = '{{ printf "%.0f" $value }}'
    return Texts(
        "Rules of {{ $labels.rule_group }} fail",
        f"{count} evaluations of the rule group {{{{ $labels.rule_group }}}} failed or were left "
        "out in the last 5 minutes. Alerts that depend on it may not fire.",
        "规则组 {{ $labels.rule_group }} 计算失败",
        f"最近 5 分钟规则组 {{{{ $labels.rule_group }}}} 有 {count} 次计算失败或被跳过，"
        "依赖它的告警可能不会触发。",
    )


def _failing_scrapes(config: StackConfig) -> str:
    # A rolling update takes one pod after the other away: a target counts when it was never there.
    silent = (
        f"count by ({labels}) (max_over_time(up{{{where}}}[5m]) == 0)"
        for labels, where in (
            ("job, namespace, model, version", f'job="{MODELS_JOB}",{_of_models(config)}'),
            ("job", f'job=~"{GATEWAY_JOB}|{DCGM_JOB}|{RELAY_JOB}"'),
        )
    )
    missing = (f'absent(up{{job="{job}"}}) * 0' for job in (GATEWAY_JOB, RELAY_JOB))
    return "\nor ".join((*silent, *missing))


def _scrapes_said(tuned: Tuned) -> Texts:
    what = "{{ $labels.job }}{{ with $labels.model }} {{ . }} {{ $labels.version }}{{ end }}"
    return Texts(
        f"Prometheus gets no metrics from {what}",
        f"{what}: {{{{ if $value }}}}scrapes of {{{{ $value }}}} target(s) fail"
        "{{ else }}there is no target at all{{ end }}.",
        f"Prometheus 无法从 {what} 采集指标",
        f"{what}：{{{{ if $value }}}}{{{{ $value }}}} 个采集目标没有响应"
        "{{ else }}没有任何采集目标{{ end }}。",
    )


def _dead_letters(tuned: Tuned) -> str:
    return (
        f'sum by (robot) (increase(paddle_relay_dead_letters_total{{job="{RELAY_JOB}"}}[15m])) > 0'
    )


def _dead_letters_said(tuned: Tuned) -> Texts:
    robot = "{{ $labels.robot }}"
    count = '{{ printf "%.0f" $value }}'
    return Texts(
        f"The relay gave up messages to {robot}",
        f"{count} messages to {robot} were given up in the last 15 minutes: nobody there was told.",
        f"转发服务放弃了发往 {robot} 的消息",
        f"最近 15 分钟有 {count} 条发往 {robot} 的消息被放弃，接收方没有收到通知。",
    )


def _stale(tuned: Tuned) -> str:
    return f"{since_success()} > {STALE_SECONDS}\nor absent({exported(EXPORTER_SUCCESS)}) * 0"


def _stale_said(tuned: Tuned) -> Texts:
    ago = "{{ $value | humanizeDuration }}"
    return Texts(
        "The live weights are unknown",
        f"The exporter {EXPORTER_JOB} {{{{ if $value }}}}last read the cluster {ago} ago"
        "{{ else }}gives no metrics{{ end }}: alerts about traffic shares, endpoints and the "
        "gateway are blind.",
        "线上权重未知",
        f"导出器 {EXPORTER_JOB} {{{{ if $value }}}}上次读取集群是 {ago} 之前"
        "{{ else }}没有指标{{ end }}，流量占比、端点和网关相关的告警失明。",
    )


def _watchdog_said(tuned: Tuned) -> Texts:
    return Texts(
        "Alerting works",
        "This alert always fires. If it does not arrive, alerting is down.",
        "告警系统正常",
        "此告警始终触发。如果收不到它，说明告警系统已停止工作。",
    )
