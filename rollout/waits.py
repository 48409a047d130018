"""What a rollout waits for, in the words of `status` and `explain`."""

from __future__ import annotations

from datetime import timedelta

from infra.config import Rollout, show_duration
from rollout.state import Phase, Seen, State


def waits_for(state: State, seen: Seen, plan: Rollout) -> str | None:
    """What a rollout that nothing speaks against still waits for; None when it goes on."""
    match state.phase:
        case Phase.PREFLIGHT:
            return "somebody to resume it: paused" if state.paused else None
        case Phase.TESTERS:
            span = plan.testers or timedelta()
            return _sources(seen) or _time(state, seen, span) or _people(state, seen, plan)
        case Phase.STEP:
            return (
                _sources(seen)
                or _time(state, seen, plan.window)
                or _evidence(seen)
                or _people(state, seen, plan)
            )
        case Phase.WATCH:
            return _sources(seen) or _time(state, seen, plan.watch) or _metrics(seen)
        case _:
            return None


def _sources(seen: Seen) -> str | None:
    if seen.live is None:
        return "the cluster cannot be read"
    if seen.alerts is None:
        return "Alertmanager cannot be read: nobody knows what fires"
    return None


def _time(state: State, seen: Seen, span: timedelta) -> str | None:
    over = state.since + span
    if seen.now >= over:
        return None
    return f"its time of {show_duration(span)}, until {over:%Y-%m-%d %H:%M:%S} UTC"


def _metrics(seen: Seen) -> str | None:
    return "metrics, which cannot be read: frozen" if seen.verdict is None else None


def _evidence(seen: Seen) -> str | None:
    return _metrics(seen) or (None if seen.verdict == "promote" else f"evidence: {seen.words}")


def _people(state: State, seen: Seen, plan: Rollout) -> str | None:
    """Why people do not want the weight raised now."""
    following = state.step + 1
    gate = following < len(plan.steps) and plan.steps[following] in plan.gates
    if state.paused:
        return "somebody to resume it: paused"
    if gate and not state.approved:
        return f"approval of {plan.steps[following]:g}%: rollout promote"
    return seen.closed
