"""The catalogue of alerts: what each one means, and what it is without a word in the stack file.

`infra/config/tuning.py` lets a stack file change it, `monitoring/rules/` turns it into rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Severity = Literal["critical", "warning", "info"]

OWN = "threshold"
"""Key of a threshold that belongs to the alert itself, rather than being an objective."""


@dataclass(frozen=True)
class Threshold:
    """What a measured value is compared with.

    key: where the stack file has it: of the model (`slo.p99`), or OWN.
    default: the value without a word in the stack file, in `unit`.
    """

    key: str
    default: float
    unit: str
    unit_zh: str


@dataclass(frozen=True)
class Alert:
    """One alert.

    scope: `model` alerts are tuned by model, in its `alerts`; `platform` alerts in
        `alerting.alerts`.
    hold: how long the condition must hold before the alert fires (`for`).
    keep: how long it goes on firing after that, so that a value around its threshold does not send
        a message and an all-clear every few minutes (`keep_firing_for`).
    threshold: None where the condition is plainly true or false.
    meaning: one sentence, without the threshold.
    """

    name: str
    scope: Literal["model", "platform"]
    severity: Severity
    hold: timedelta
    keep: timedelta
    threshold: Threshold | None
    meaning: str
    meaning_zh: str


_ERROR_RATIO = Threshold("slo.errorRatio", 0.01, "share of requests", "请求占比")
_NOT = timedelta()


def _minutes(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


CATALOGUE: tuple[Alert, ...] = (
    Alert(
        "HighModelErrorRate",
        "model",
        "critical",
        hold=_minutes(5),
        keep=_minutes(5),
        threshold=_ERROR_RATIO,
        meaning="A version answers more requests of the last 5 minutes with errors than the SLO "
        "allows, and at least five.",
        meaning_zh="某版本最近 5 分钟的错误占比超过 SLO，且错误至少有五个。",
    ),
    Alert(
        "HighModelLatency",
        "model",
        "warning",
        hold=_minutes(10),
        keep=_minutes(10),
        threshold=Threshold("slo.p99", 0.5, "seconds", "秒"),
        meaning="The tail latency of a version over 5 minutes is above the SLO: p99, or with fewer "
        "requests the highest of p95 and p50 that at least five of them exceed.",
        meaning_zh="某版本 5 分钟内的尾延迟超过 SLO：取 p99；请求较少时，取 p95 或 p50 中至少有五个"
        "请求超过的最高分位。",
    ),
    Alert(
        "LowModelQPS",
        "model",
        "warning",
        hold=_minutes(15),
        keep=_minutes(10),
        threshold=Threshold("slo.trafficDrop", 0.5, "lost share of the norm", "相对常态的下降比例"),
        meaning="A model gets far fewer requests than at the same hour of the same day in the last "
        "three weeks, by more than chance explains.",
        meaning_zh="模型的请求量远低于过去三周同一天同一小时的水平，且超出随机波动。",
    ),
    Alert(
        "CanaryErrorsAboveStable",
        "model",
        "warning",
        hold=_minutes(2),
        keep=_minutes(5),
        threshold=Threshold(OWN, 2, "times stable's error ratio", "倍于稳定版的错误率"),
        meaning="A canary fails more often than stable does at the same time, by more than chance "
        "explains.",
        meaning_zh="灰度版本同一时间的错误率高于稳定版，且超出随机波动。",
    ),
    Alert(
        "CanarySlowerThanStable",
        "model",
        "warning",
        hold=_minutes(10),
        keep=_minutes(10),
        threshold=Threshold(OWN, 2, "times stable's p95 latency", "倍于稳定版的 p95 延迟"),
        meaning="A canary with 100 requests in 5 minutes or more is much slower than stable.",
        meaning_zh="灰度版本（5 分钟内至少 100 个请求）明显慢于稳定版。",
    ),
    Alert(
        "GatewayErrors",
        "model",
        "critical",
        hold=_minutes(3),
        keep=_minutes(5),
        threshold=_ERROR_RATIO,
        meaning="The gateway counts errors of a version that no pod has counted: pods that are "
        "dead or cut off. Clients may see none of it while the gateway retries on stable.",
        meaning_zh="网关记录了某版本的错误，而没有任何 Pod 记录过：Pod 已死或网络不通。"
        "网关在稳定版上重试时，客户端可能毫无察觉。",
    ),
    Alert(
        "ErrorBudgetBurnFast",
        "model",
        "critical",
        hold=_minutes(2),
        keep=_minutes(10),
        threshold=_ERROR_RATIO,
        meaning="Errors use up the budget of a month in days: 14.4 times the SLO over 1 hour, or 6 "
        "times over 6 hours, and still so.",
        meaning_zh="错误正以数日耗尽一个月预算的速度发生：1 小时内为 SLO 的 14.4 倍，"
        "或 6 小时内为 6 倍，且仍在继续。",
    ),
    Alert(
        "ErrorBudgetBurnSlow",
        "model",
        "warning",
        hold=_minutes(15),
        keep=_minutes(30),
        threshold=_ERROR_RATIO,
        meaning="Errors use up the budget before its month is over: 3 times the SLO over a day, or "
        "as much as the SLO over 3 days, and still so.",
        meaning_zh="错误会在月底前耗尽预算：一天内为 SLO 的 3 倍，或三天内达到 SLO，且仍在继续。",
    ),
    Alert(
        "TrafficShareOff",
        "model",
        "warning",
        hold=_minutes(10),
        keep=_minutes(10),
        threshold=Threshold(
            OWN,
            0.02,
            "share of requests that may choose their version",
            "可自行选择版本的请求占比",
        ),
        meaning="A canary gets another share of the requests than the live weight gives it, by "
        "more than chance and testers explain.",
        meaning_zh="灰度版本实际得到的请求占比与线上权重不符，超出随机波动与测试流量所能解释的范围。",
    ),
    Alert(
        "ModelVersionAbsent",
        "model",
        "warning",
        hold=_minutes(15),
        keep=_NOT,
        threshold=None,
        meaning="A version that the stack file gives pods has no metrics at all.",
        meaning_zh="配置中应有 Pod 的版本没有任何指标。",
    ),
    Alert(
        "NoReadyEndpoints",
        "model",
        "critical",
        hold=_minutes(1),
        keep=_minutes(2),
        threshold=None,
        meaning="The route gives a version requests, and none of its pods is ready. A canary in "
        "that state is passed over without an error, whatever its weight.",
        meaning_zh="路由给某版本分配了流量，但它没有就绪的 Pod。此时灰度版本无论权重多少都会被"
        "静默跳过。",
    ),
    Alert(
        "RouteMissing",
        "model",
        "critical",
        hold=_minutes(15),
        keep=_NOT,
        threshold=None,
        meaning="A model has no live route, or one that somebody has given another shape: requests "
        "may reach none of its versions.",
        meaning_zh="模型没有线上路由，或路由被人改成了别的形态：请求可能到不了任何版本。",
    ),
    Alert(
        "GpuXidErrors",
        "platform",
        "warning",
        hold=_NOT,
        keep=_minutes(10),
        threshold=None,
        meaning="The driver reports faults of a GPU (XID).",
        meaning_zh="驱动报告 GPU 故障（XID）。",
    ),
    Alert(
        "GpuMemoryFull",
        "platform",
        "warning",
        hold=_minutes(10),
        keep=_minutes(10),
        threshold=Threshold(OWN, 0.95, "share of the memory", "显存占比"),
        meaning="The memory of a GPU is nearly full: the next large batch fails.",
        meaning_zh="显存将满：下一个大批次会失败。",
    ),
    Alert(
        "GpuTooHot",
        "platform",
        "warning",
        hold=_minutes(5),
        keep=_minutes(10),
        threshold=Threshold(OWN, 85, "°C", "°C"),
        meaning="A GPU is so hot that it slows itself down.",
        meaning_zh="GPU 温度过高，将自动降频。",
    ),
    Alert(
        "RuleEvaluationFails",
        "platform",
        "critical",
        hold=_minutes(5),
        keep=_minutes(10),
        threshold=None,
        meaning="Rules of this stack fail or are left out: its other alerts may be blind.",
        meaning_zh="本环境的规则计算失败或被跳过：其他告警可能失明。",
    ),
    Alert(
        "ScrapeFails",
        "platform",
        "warning",
        hold=_minutes(10),
        keep=_minutes(5),
        threshold=None,
        meaning="Targets cannot be scraped for 15 minutes, or a part of the platform has had none "
        "for 10.",
        meaning_zh="采集目标连续 15 分钟无法抓取，或平台的某个部分连续 10 分钟没有采集目标。",
    ),
    Alert(
        "RelayDeadLetters",
        "platform",
        "critical",
        hold=_NOT,
        keep=_minutes(30),
        threshold=None,
        meaning="The relay has given up a message: somebody was not told.",
        meaning_zh="转发服务放弃了一条消息：有人没有收到通知。",
    ),
    Alert(
        "RouteExporterStale",
        "platform",
        "warning",
        hold=_minutes(5),
        keep=_NOT,
        threshold=None,
        meaning="The exporter of weights and endpoints has not read the cluster for 2 minutes: "
        "alerts that compare with the route are blind.",
        meaning_zh="权重与端点导出器已有 2 分钟未能读取集群：与路由比较的告警失明。",
    ),
    Alert(
        "Watchdog",
        "platform",
        "info",
        hold=_NOT,
        keep=_NOT,
        threshold=None,
        meaning="Always fires. Its absence, noticed outside, means that alerting itself is down.",
        meaning_zh="始终触发。外部发现它消失，说明告警系统本身已停止工作。",
    ),
)

ALERTS = {alert.name: alert for alert in CATALOGUE}
