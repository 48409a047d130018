"""What people are told of a rollout, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.config import Rollout
from infra.split import percent
from rollout.state import Outcome, Phase, State

_OUTCOMES_ZH = {
    Outcome.PROMOTED: "已全量",
    Outcome.ROLLED_BACK: "已回滚",
    Outcome.REFUSED: "未开始",
    Outcome.LEFT: "流量被他人改动，已停手",
}


@dataclass(frozen=True)
class Event:
    """Something to be told: a name of its own within the rollout, and annotations."""

    name: str
    texts: Mapping[str, str]


def event(model: str, before: State, after: State, plan: Rollout) -> Event | None:
    """What is told of a transition; None for one that nobody needs to hear of."""
    said = _said(before, after, plan)
    if said is None:
        return None
    english, chinese = said
    return Event(
        name=english,
        texts={
            "summary": f"{model} {after.new}: {english}",
            "description": after.reason,
            "summary_zh": f"{model} {after.new}：{chinese}",
            "description_zh": after.reason,
        },
    )


def _said(before: State, after: State, plan: Rollout) -> tuple[str, str] | None:
    if after.outcome is not None:
        return str(after.outcome), _OUTCOMES_ZH[after.outcome]
    if before.phase is Phase.PREFLIGHT and after.phase is Phase.TESTERS:
        return "rollout begins", "开始灰度"
    if after.told and not before.told:
        return "lacks requests", "请求量不足"
    if after.phase is Phase.BACK and before.phase is not Phase.BACK:
        return "is being taken back", "正在回滚"
    return _done(after, plan) if after.act is None and before.act is not None else None


def _done(after: State, plan: Rollout) -> tuple[str, str] | None:
    """What was begun has been done."""
    match after.phase:
        case Phase.STEP:
            weight = percent(plan.steps[after.step])
            return f"has {weight}% of the requests", f"已有 {weight}% 的流量"
        case Phase.WATCH:
            return "is stable now, and watched", "已转正，观察中"
        case _:
            return None
