"""No minute has more messages than a robot takes, whatever happens to relay and clock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.relay import pace
from monitoring.relay.pace import Progress
from monitoring.relay.robots import KINDS
from monitoring.relay.robots.kind import Outcome, Pace

# What the vendors say: messages, seconds.
LIMITS = {"dingtalk": [(20, 60)], "wecom": [(20, 60)], "feishu": [(100, 60), (5, 1)]}

PACE = Pace(burst=5, per_minute=12, pause_s=60)


def sent(limits: Pace, arrivals: list[float]) -> list[float]:
    """When messages are sent that come with these pauses, by a relay that restarts each time."""
    progress = Progress(limits.burst, 0.0)
    now, times = 0.0, []
    for pause in arrivals:
        now += pause
        now += max(0.0, pace.wait(progress, limits, now))
        progress = pace.spend(progress, limits, now)
        times.append(now)
    return times


@pytest.mark.parametrize("vendor", LIMITS)
@settings(max_examples=30)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=150))
def test_no_window_has_more_than_the_vendor_allows(vendor: str, pauses: list[float]) -> None:
    times = sent(KINDS[vendor].pace, pauses)  # type: ignore[index]
    for most, seconds in LIMITS[vendor]:
        for begin in times:
            # A vendor's clock may run a little otherwise, hence the margin.
            assert sum(begin <= each < begin + seconds * 1.05 for each in times) < most


def test_a_quiet_robot_takes_a_burst_at_once_and_then_one_at_a_time() -> None:
    times = sent(PACE, [0.0] * 8)
    assert times == pytest.approx([0, 0, 0, 0, 0, 5, 10, 15])


def test_too_fast_is_a_pause_for_all_messages() -> None:
    progress = pace.after(Progress(3, 100.0), Outcome.SLOW_DOWN, PACE, 100.0)
    assert pace.wait(progress, PACE, 100.0) == 60
    assert pace.wait(progress, PACE, 159.0) == 1
    assert pace.wait(progress, PACE, 160.0) <= 0


def test_failures_are_repeated_later_and_later_up_to_a_minute() -> None:
    progress, pauses = Progress(5, 0.0), []
    for _ in range(9):
        progress = pace.after(progress, Outcome.RETRY, PACE, 0.0)
        pauses.append(progress.not_before)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pace.after(progress, Outcome.ACCEPTED, PACE, 0.0).failures == 0


def test_an_unsuitable_message_holds_up_no_other() -> None:
    progress = pace.after(Progress(5, 0.0), Outcome.UNSUITABLE, PACE, 0.0)
    assert pace.wait(progress, PACE, 0.0) <= 0


@pytest.mark.parametrize("moved", [-86400.0, 86400.0])
def test_a_clock_that_is_set_stops_nothing(moved: float) -> None:
    blocked = pace.after(Progress(0.0, 1e6), Outcome.SLOW_DOWN, PACE, 1e6)
    assert pace.wait(blocked, PACE, 1e6 + moved) <= 60
    tired = Progress(0.0, 1e6)
    assert pace.wait(tired, PACE, 1e6 + moved) <= 5
    assert pace.spend(tired, PACE, 1e6 + moved).tokens <= PACE.burst - 1
