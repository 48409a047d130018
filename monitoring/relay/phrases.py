"""What messages say, in each language. Each title has one of the words that robots with a keyword
as their security setting can ask for: "Alert", "告警"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitoring.relay.config import Language


@dataclass(frozen=True)
class Phrases:
    """Texts, and what makes texts of numbers."""

    firing: str
    resolved: str
    passed: str
    alerts: Callable[[int], str]
    counts: Callable[[int, int], str]
    severity: str
    model: str
    version: str
    since: str
    ended: str
    lasted: str
    labels: str
    value: str
    silence: str
    dashboard: str
    runbook: str
    all_alerts: str
    late: Callable[[str], str]
    unconfirmed: Callable[[str], str]
    again: Callable[[str], str]
    truncated: Callable[[int], str]
    seconds: str
    minutes: str
    hours: str
    days: str
    comma: str
    colon: str

    def duration(self, seconds: float) -> str:
        """A length of time in its two largest units."""
        left = max(0, int(seconds))
        units = ((86400, self.days), (3600, self.hours), (60, self.minutes), (1, self.seconds))
        parts = []
        for size, name in units:
            if left >= size:
                parts.append(f"{left // size} {name}")
                left %= size
        return " ".join(parts[:2]) or f"0 {self.seconds}"


_EN = Phrases(
    firing="Alert firing",
    resolved="Alert resolved",
    passed="Alert fired and resolved",
    alerts=lambda count: f"{count} alerts",
    counts=lambda firing, resolved: f"Alert: {firing} firing, {resolved} resolved",
    severity="severity",
    model="model",
    version="version",
    since="since",
    ended="resolved",
    lasted="lasted",
    labels="labels",
    value="value",
    silence="Silence",
    dashboard="Dashboard",
    runbook="Runbook",
    all_alerts="All alerts",
    late=lambda duration: f"Told {duration} late: the robot was away or had too much to tell.",
    unconfirmed=lambda time: f"Alertmanager has last reported it at {time}: it may be over.",
    again=lambda time: f"Perhaps you know this: sent first at {time}, but never confirmed.",
    truncated=lambda count: f"{count} more in Alertmanager",
    seconds="s",
    minutes="min",
    hours="h",
    days="d",
    comma=", ",
    colon=": ",
)

_ZH = Phrases(
    firing="告警触发",
    resolved="告警恢复",
    passed="告警触发后已恢复",
    alerts=lambda count: f"{count} 条告警",
    counts=lambda firing, resolved: f"告警：{firing} 条触发，{resolved} 条恢复",
    severity="级别",
    model="模型",
    version="版本",
    since="开始于",
    ended="恢复于",
    lasted="持续",
    labels="标签",
    value="当前值",
    silence="静默",
    dashboard="看板",
    runbook="处理手册",
    all_alerts="全部告警",
    late=lambda duration: f"迟到 {duration}：机器人当时不可用，或待发消息过多。",
    unconfirmed=lambda time: f"Alertmanager 最后一次上报是 {time}，可能已恢复。",
    again=lambda time: f"可能重复：{time} 已发送过，但未获确认。",
    truncated=lambda count: f"Alertmanager 里还有 {count} 条",
    seconds="秒",
    minutes="分钟",
    hours="小时",
    days="天",
    comma="，",
    colon="：",
)

PHRASES: Mapping[Language, Phrases] = {"en": _EN, "zh": _ZH}
