"""What a rollout does next: a pure function of where it is and of what was seen.

The four outcomes that others mix up are kept apart: a bad canary is rolled back; too little data
holds, until the plan's patience is over; a metrics source that is away freezes the rollout, and is
never the canary's fault; a critical alert of the new version rolls back.
"""

from __future__ import annotations

from dataclasses import replace

from infra.config import Rollout, show_duration
from infra.split import Split, percent
from rollout.state import Act, Command, Outcome, Phase, Seen, State
from rollout.waits import waits_for

MOST_FAILURES = 3
"""Failed updates in a row after which a rise is given up and taken back."""


def decide(state: State, seen: Seen, plan: Rollout) -> State:
    """The state that follows. One that differs is journalled before its `act` is begun."""
    if state.done:
        return state
    settled = seen.acted or seen.failed is not None
    if settled:
        state = _after_act(state, seen)
    state = _heard(state, seen)
    if state.act is not None and state.phase is not Phase.BACK and seen.alerts:
        # A rise that takes long, or was interrupted, does not keep an alert waiting.
        return _back(state, _fires(seen.alerts))
    if settled or state.act is not None or state.done:
        return state
    if state.phase is Phase.PREFLIGHT:
        return _preflight(state, seen, plan)
    return _observe(state, seen, plan)


def _heard(state: State, seen: Seen) -> State:
    for command in seen.commands:
        match command:
            case Command.PAUSE:
                state = replace(state, paused=True)
            case Command.RESUME:
                state = replace(state, paused=False)
            case Command.PROMOTE:
                state = replace(state, approved=True)
            case Command.ABORT if state.phase is Phase.PREFLIGHT:
                state = _end(state, Outcome.REFUSED, "aborted before anything was changed")
            case Command.ABORT if state.phase not in (Phase.BACK, Phase.DONE):
                state = _back(state, "aborted by a person")
    return state


def _preflight(state: State, seen: Seen, plan: Rollout) -> State:
    if seen.preflight:
        return _end(state, Outcome.REFUSED, "; ".join(seen.preflight))
    if seen.preflight is None or waits_for(state, seen, plan):
        return state
    to = Split(state.old, {state.new: 0})
    return replace(state, phase=Phase.TESTERS, act=Act("up", to), reason="deployed at 0%")


def _observe(state: State, seen: Seen, plan: Rollout) -> State:
    expected = _expected(state, plan)
    if seen.live is not None and seen.live != expected:
        words = f"the cluster routes {seen.live}, where {expected} was set"
        return _end(state, Outcome.LEFT, f"somebody else moved the traffic: {words}")
    if bad := _bad(seen):
        return _back(state, bad)
    if waits_for(state, seen, plan):
        return _lacking(state, seen, plan)
    if state.phase is Phase.WATCH:
        return _end(state, Outcome.PROMOTED, f"{state.new} held for {show_duration(plan.watch)}")
    return _rise(state, seen, plan)


def _bad(seen: Seen) -> str | None:
    """Why the new version must be taken back, whatever else is seen."""
    if seen.alerts:
        return _fires(seen.alerts)
    if seen.broken is not None:
        return f"a check after the step failed: {seen.broken}"
    return f"worse than {seen.words}" if seen.verdict == "rollback" else None


def _lacking(state: State, seen: Seen, plan: Rollout) -> State:
    """A step that lacks requests for longer than the plan's patience."""
    lacks = (
        state.phase is Phase.STEP
        and seen.verdict == "hold"
        and seen.requests < plan.min_requests
        and seen.now - state.since >= max(plan.patience, plan.window)
    )
    if not lacks:
        return state
    words = f"{seen.requests} of {plan.min_requests} requests after {show_duration(plan.patience)}"
    if plan.on_no_data == "rollback":
        return _back(state, f"too little data: {words}; onNoData is rollback")
    return replace(state, told=True, reason=f"too little data: {words}; onNoData is hold")


def _rise(state: State, seen: Seen, plan: Rollout) -> State:
    following = state.step + 1
    if following == len(plan.steps):
        act = Act("up", Split(state.new, {}))
        return replace(
            state, phase=Phase.WATCH, act=act, approved=False, told=False, reason="promotion"
        )
    weight = plan.steps[following]
    return replace(
        state,
        phase=Phase.STEP,
        step=following,
        act=Act("up", Split(state.old, {state.new: weight})),
        approved=False,
        told=False,
        reason=f"to {percent(weight)}%" + (f": {seen.words}" if state.phase is Phase.STEP else ""),
    )


def _after_act(state: State, seen: Seen) -> State:
    act = state.act
    if act is None:
        return state
    if seen.failed is not None:
        return _after_failure(state, act, seen.failed)
    state = replace(state, act=None, failures=0)
    if state.phase is not Phase.BACK:
        return replace(state, since=seen.now)
    if act.kind == "patch":
        return replace(state, act=Act("up", act.split))
    return _end(state, Outcome.ROLLED_BACK, state.reason)


def _after_failure(state: State, act: Act, failed: str) -> State:
    failures = state.failures + 1
    if failures < MOST_FAILURES:
        return replace(state, failures=failures)
    if state.phase is not Phase.BACK:
        return _back(state, f"the update failed {failures} times: {failed}")
    # Going back is never given up; where the live route cannot be patched, an update may write it.
    return replace(state, act=Act("up", act.split), failures=failures)


def _back(state: State, reason: str) -> State:
    """Take the new version back: the live route at once, the stack afterwards."""
    return replace(
        state,
        phase=Phase.BACK,
        act=Act("patch", _taken_back(state)),
        failures=0,
        reason=reason,
    )


def _taken_back(state: State) -> Split:
    return Split(state.old, {state.new: 0})


def _expected(state: State, plan: Rollout) -> Split:
    """The traffic that the last act has left."""
    if state.phase is Phase.WATCH:
        return Split(state.new, {})
    weight = plan.steps[state.step] if state.phase is Phase.STEP else 0
    return Split(state.old, {state.new: weight})


def _end(state: State, outcome: Outcome, reason: str) -> State:
    return replace(state, phase=Phase.DONE, act=None, outcome=outcome, reason=reason)


def _fires(alerts: tuple[str, ...]) -> str:
    return f"critical alerts fire: {', '.join(alerts)}"
