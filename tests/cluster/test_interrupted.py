"""Updates whose command line is killed, and updates at the same time: the guard's memory is right.

The next update needs nothing by hand but what the engine's own message asks for.
"""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cluster.serving import SOON, Split, begin, is_live, models, remembered
from tests.cluster.stacks import Run, Stack, finish, kill_session

LATER = "10m"
NEW = {"image": "paddle-canary.local/ocr:v1.1"}
NONE: Split = ("v1.1", {})
PROMOTED: Split = ("v1.2", {})


def weight(percent: float, version: str = "v1.2") -> Split:
    return "v1.1", {version: percent}


# What the output of the killed update shows last. Each begins where the one before has led to, or
# is led there first.
MOMENTS: tuple[tuple[Split, Split, str], ...] = (
    (NONE, weight(5), "Updating ("),
    (weight(5), weight(20), "last-update"),
    (weight(20), weight(50), "ocr-canary updating"),
    (weight(50), weight(100), "ocr-canary updated"),
    (weight(100), PROMOTED, "Ingress ocr updating"),
    (weight(100), PROMOTED, "Ingress ocr updated"),
    (weight(100), PROMOTED, "ocr-canary up"),
    (weight(5), weight(5, "v1.3"), "Deployment ocr-v1-3 creating"),
    (weight(5, "v1.3"), weight(5, "v1.4"), "(0/1 Pods available)"),
    (weight(5, "v1.4"), weight(5, "v1.5"), "Deployment ocr-v1-5 created"),
)


@pytest.fixture(scope="module")
def stack(serving_stack: Stack) -> Stack:
    return serving_stack


def write(stack: Stack, split: Split, window: str = SOON) -> None:
    """Write the stack file; a new version is there while it is the canary."""
    stack.write(models(split, {version: NEW for version in split[1] if version > "v1.2"}, window))


def killed_at(stack: Stack, moment: str) -> int:
    """Kill an update with SIGKILL when its output says `moment`; the session of what it left."""
    process = stack.start_up()
    assert process.stdout is not None
    said = next((line for line in process.stdout if moment in line), None)
    process.kill()
    process.wait()
    assert said is not None, f"the update never said {moment}"
    return process.pid


def next_up(stack: Stack) -> Run:
    """An update as a person does it who does what the engine's message asks for."""
    done = stack.up()
    if "pulumi cancel" in done.text:
        cancelled = stack.pulumi("cancel", "--yes")
        assert cancelled.status == 0, cancelled.text
        done = stack.up()
    return done


def live_since(stack: Stack, split: Split) -> datetime:
    """When the version that `split` moves got its place, as long as nothing has changed since."""
    return stack.changed_at("ocr-canary" if split[1] else "ocr")


def assert_memory_is_right(stack: Stack, split: Split, began: datetime) -> None:
    """Outputs and routes say `split`, and its clock did not start before it `began` to be live."""
    stable, canary = split
    found, since = remembered(stack)
    assert found == split
    assert is_live(stack, split)
    assert began <= since[next(iter(canary), stable)] <= datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("before", "after", "moment"), MOMENTS, ids=[moment for *_, moment in MOMENTS]
)
def test_a_killed_update_is_completed_by_the_next(
    stack: Stack, before: Split, after: Split, moment: str
) -> None:
    begin(stack, before)
    write(stack, after)
    session = killed_at(stack, moment)
    try:
        # The next update may write the routes anew, though they say the same.
        began = live_since(stack, after) if is_live(stack, after) else None
        done = next_up(stack)
    finally:
        kill_session(session)
    assert done.status == 0, done.text
    assert_memory_is_right(stack, after, began or live_since(stack, after))


def test_a_step_that_a_killed_update_made_live_is_observed_for_its_window(stack: Stack) -> None:
    begin(stack, weight(5))
    write(stack, weight(20))
    kill_session(killed_at(stack, "ocr-canary updated"))

    write(stack, weight(50), LATER)
    done = next_up(stack)

    assert done.status != 0
    assert "v1.2 has had 20% for" in done.text
    assert stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-2": 20})


def test_a_roll_back_that_a_killed_update_made_live_is_not_undone(stack: Stack) -> None:
    begin(stack, weight(20))
    write(stack, weight(0))
    kill_session(killed_at(stack, "ocr-canary updated"))

    write(stack, weight(20))
    done = next_up(stack)

    assert done.status != 0
    assert "found 20; from 0% the next step is 5%" in done.text
    assert stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-2": 0})


def test_a_step_that_a_killed_update_made_live_can_be_taken_back(stack: Stack) -> None:
    begin(stack, weight(5))
    write(stack, weight(20))
    kill_session(killed_at(stack, "ocr-canary updated"))

    write(stack, weight(5))
    done = next_up(stack)

    assert done.status == 0, done.text
    assert_memory_is_right(stack, weight(5), live_since(stack, weight(5)))


def test_two_engineers_with_a_clone_each_share_lock_and_memory(
    stack: Stack, tmp_path: Path
) -> None:
    begin(stack, weight(5))
    new = weight(5, "v1.3")
    other = stack.cloned(tmp_path / "clone")
    for each in (stack, other):
        write(each, new, LATER)

    first = stack.start_up()
    assert first.stdout is not None
    assert any("Deployment ocr-v1-3 creating" in line for line in first.stdout)
    os.kill(first.pid, signal.SIGSTOP)  # so that the other comes while it is at work
    try:
        refused = other.up()
    finally:
        os.kill(first.pid, signal.SIGCONT)
    first_done = finish(first)
    second = other.up()
    write(other, weight(20, "v1.3"), LATER)
    too_early = other.up()

    assert refused.status != 0
    assert "locked" in refused.text
    assert first_done.status == 0, first_done.text
    assert second.status == 0, second.text
    assert "unchanged" in second.text
    assert "updated" not in second.text
    assert too_early.status != 0
    assert "v1.3 has had 5% for" in too_early.text
    assert_memory_is_right(stack, new, live_since(stack, new))
