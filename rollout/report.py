"""A rollout in words: for `status`, `explain`, `history` and `watch`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from infra.config import show_duration
from infra.split import percent
from rollout.journal import Entry, Page
from rollout.judge.evidence import verdict
from rollout.judge.state import from_json
from rollout.state import Phase, State


def headline(model: str, page: Page) -> str:
    """Where a rollout is, in one line."""
    state = page.state
    if state is None:
        return f"{model}: no rollout"
    if state.outcome is not None:
        return f"{model}: {state.old} → {state.new} {state.outcome} at {_clock(state, page)}"
    paused = ", paused" if state.paused else ""
    return f"{model}: {state.old} → {state.new} {place(page, state)}{paused}"


def place(page: Page, state: State) -> str:
    """The phase, and the weight where there is one."""
    match state.phase:
        case Phase.STEP:
            weight = percent(page.plan.steps[state.step])
            rising = "being given" if state.act else "at"
            return f"{rising} {weight}%, step {state.step + 1} of {len(page.plan.steps)}"
        case Phase.WATCH:
            return f"watched as stable for {show_duration(page.plan.watch)}"
        case Phase.BACK:
            return "being taken back"
        case Phase.TESTERS:
            return "at 0%, testers only"
        case _:
            return str(state.phase)


def steps(page: Page, state: State) -> str:
    """The steps with the one that is now: `5 ✓  20 ◆  50  100`."""
    shown = []
    for number, weight in enumerate(page.plan.steps):
        passed = number < state.step or state.phase is Phase.WATCH
        mark = " ✓" if passed else " ◆" if number == state.step else ""
        shown.append(percent(weight) + mark)
    return "  ".join(shown)


def explain(model: str, page: Page) -> Iterator[str]:
    """Why a rollout is where it is: its last transition, and the evidence of that."""
    yield headline(model, page)
    state = page.state
    if state is None:
        return
    yield f"  steps     {steps(page, state)}"
    yield f"  since     {state.since:%Y-%m-%d %H:%M:%S} UTC"
    yield f"  because   {state.reason}"
    if state.act is not None:
        yield f"  doing     {state.act.kind}: {state.act.split}"
        if state.failures:
            yield f"  failed    {state.failures} times; `pulumi up` by hand tells more"
    if found := evidence(page):
        words = json.dumps(found, indent=2, ensure_ascii=False)
        yield "  evidence  " + words.replace("\n", "\n            ")


def evidence(page: Page) -> dict[str, Any]:
    """All that the judge knows of the step by now, empty before it has seen anything."""
    return {} if page.judge is None else verdict(from_json(page.judge)).as_json()


def history(page: Page) -> Iterator[str]:
    """All transitions that the journal has, oldest first."""
    yield from map(_line, page.entries)


def _line(entry: Entry) -> str:
    state = entry.state
    phase = state.outcome or state.phase
    return f"{entry.at:%Y-%m-%d %H:%M:%S}  {state.new:<10}  {phase:<11}  {state.reason}"


def _clock(state: State, page: Page) -> str:
    at = page.entries[-1].at if page.entries else state.since
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
