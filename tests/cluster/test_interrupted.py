"""Updates whose command line is killed, and updates at the same time: the guard's memory is right.

The next update needs nothing by hand but what the engine's own message asks for.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.stacks import Run, Stack, finish, kill_session

Split = tuple[str, dict[str, float]]

HOST = "interrupted.example.com"
SOON, LATER = "1s", "10m"
# What the output of the killed update shows last, for each kind of change.
WEIGHT: tuple[Split, Split] = ("v1.1", {"v1.2": 5}), ("v1.1", {"v1.2": 20})
PROMOTION: tuple[Split, Split] = ("v1.1", {"v1.2": 100}), ("v1.2", {})
NEW_VERSION: tuple[Split, Split] = ("v1.1", {"v1.2": 5}), ("v1.1", {"v1.3": 5})
MOMENTS = [
    pytest.param(*change, moment, id=f"{name}: {moment}")
    for name, change, moments in (
        (
            "weight",
            WEIGHT,
            ("Updating (", "last-update", "ocr-canary updating", "ocr-canary updated"),
        ),
        ("promotion", PROMOTION, ("Ingress ocr updating", "Ingress ocr updated", "ocr-canary up")),
        (
            "new version",
            NEW_VERSION,
            ("Deployment ocr-v1-3 creating", "(0/1 Pods available)", "Deployment ocr-v1-3 created"),
        ),
    )
    for moment in moments
]


def models(split: Split, window: str) -> dict[str, Any]:
    """The `models` of a stack file; v1.3 is there when it is a canary."""
    stable, canary = split
    small = {"resources": {"cpu": "100m", "memory": "2Gi"}}
    images = {"v1.1": "v1.1", "v1.2": "v1.2"} | ({"v1.3": "v1.2"} if "v1.3" in canary else {})
    model = {
        "host": HOST,
        "stable": stable,
        "canary": canary,
        "versions": {
            version: {
                "image": f"paddle-canary.local/ocr:{image}",
                "pool": "gpu-stable" if version == "v1.1" else "gpu-canary",
                **small,
            }
            for version, image in images.items()
        },
        # Three versions on two nodes.
        "isolation": "shared",
        "rollout": {"window": window},
    }
    return {"ocr": model}


@pytest.fixture(scope="module")
def stack(new_stack: Callable[[str], Stack]) -> Stack:
    stack = new_stack("interrupted")
    stack.write(models(WEIGHT[0], SOON))
    assert stack.pulumi("stack", "init").status == 0
    return stack


def begin(stack: Stack, split: Split) -> None:
    """Bring the stack to a split, however far from the last one, and let its window pass."""
    reason = f"a test begins here, {time.time()}"
    override = {"model": "ocr", "stable": split[0], "canary": split[1], "reason": reason}
    stack.write(models(split, SOON), override=override)
    done = stack.up()
    assert done.status == 0, done.text
    time.sleep(1.1)


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


def is_live(stack: Stack, split: Split) -> bool:
    """Whether the routes say `split`."""
    stable, canary = split
    services = {version: f"ocr-{version.replace('.', '-')}" for version in (stable, *canary)}
    weights = {services[version]: weight for version, weight in canary.items()}
    return stack.routed("ocr") == (services[stable], weights)


def live_since(stack: Stack, split: Split) -> datetime:
    """When the version that `split` moves got its place, as long as nothing has changed since."""
    return stack.changed_at("ocr-canary" if split[1] else "ocr")


def assert_memory_is_right(stack: Stack, split: Split, began: datetime) -> None:
    """Outputs and routes say `split`, and its clock did not start before it `began` to be live."""
    stable, canary = split
    found = stack.outputs()["ocr"]
    assert (found["stable"], found["canary"]) == split
    assert is_live(stack, split)
    since = datetime.fromisoformat(found["since"][next(iter(canary), stable)])
    assert began <= since <= datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.parametrize(("before", "after", "moment"), MOMENTS)
def test_a_killed_update_is_completed_by_the_next(
    stack: Stack, before: Split, after: Split, moment: str
) -> None:
    begin(stack, before)
    stack.write(models(after, SOON))
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
    begin(stack, ("v1.1", {"v1.2": 5}))
    stack.write(models(("v1.1", {"v1.2": 20}), SOON))
    kill_session(killed_at(stack, "ocr-canary updated"))

    stack.write(models(("v1.1", {"v1.2": 50}), LATER))
    done = next_up(stack)

    assert done.status != 0
    assert "v1.2 has had 20% for" in done.text
    assert stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-2": 20})


def test_a_roll_back_that_a_killed_update_made_live_is_not_undone(stack: Stack) -> None:
    begin(stack, ("v1.1", {"v1.2": 20}))
    stack.write(models(("v1.1", {"v1.2": 0}), SOON))
    kill_session(killed_at(stack, "ocr-canary updated"))

    stack.write(models(("v1.1", {"v1.2": 20}), SOON))
    done = next_up(stack)

    assert done.status != 0
    assert "found 20; from 0% the next step is 5%" in done.text
    assert stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-2": 0})


def test_a_step_that_a_killed_update_made_live_can_be_taken_back(stack: Stack) -> None:
    begin(stack, ("v1.1", {"v1.2": 5}))
    stack.write(models(("v1.1", {"v1.2": 20}), SOON))
    kill_session(killed_at(stack, "ocr-canary updated"))

    stack.write(models(("v1.1", {"v1.2": 5}), SOON))
    done = next_up(stack)

    assert done.status == 0, done.text
    assert_memory_is_right(stack, WEIGHT[0], live_since(stack, WEIGHT[0]))


def test_two_engineers_with_a_clone_each_share_lock_and_memory(
    stack: Stack, tmp_path: Path
) -> None:
    begin(stack, NEW_VERSION[0])
    other = stack.cloned(tmp_path / "clone")
    for each in (stack, other):
        each.write(models(NEW_VERSION[1], LATER))

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
    other.write(models(("v1.1", {"v1.3": 20}), LATER))
    too_early = other.up()

    assert refused.status != 0
    assert "locked" in refused.text
    assert first_done.status == 0, first_done.text
    assert second.status == 0, second.text
    assert "unchanged" in second.text
    assert "updated" not in second.text
    assert too_early.status != 0
    assert "v1.3 has had 5% for" in too_early.text
    assert_memory_is_right(stack, NEW_VERSION[1], live_since(stack, NEW_VERSION[1]))
