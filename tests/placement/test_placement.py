"""Isolation holds on the real scheduler: a small fleet on simulated nodes (docs/pools.md)."""

from __future__ import annotations

import pytest

from bench.placement.fleet import FEWEST_MODELS
from bench.placement.run import Plan, Report, run
from local.simulated.cluster import TOOLS
from local.toolchain import ensure

PLACEMENTS = 60


@pytest.fixture(scope="module")
def report() -> Report:
    """Of one run. What it raises says that a canary without room did not wait as it should.

    With this seed no virtual node goes in the first sixty rounds, of which it takes about ten: a
    placement in the moment in which one comes back would be a violation that cannot be told from
    one by the stack (test_limits.py has nodes that go).
    """
    return run(Plan(30, FEWEST_MODELS, PLACEMENTS, seed=3), ensure(TOOLS, print), print)


def test_no_placement_breaks_the_isolation(report: Report) -> None:
    assert report.violations == []
    assert report.placements >= PLACEMENTS


def test_each_wrong_that_is_done_by_hand_is_reported(report: Report) -> None:
    assert len(report.planted) == 10
    assert [what for what, found in report.planted.items() if not found] == []


def test_a_canary_without_room_says_what_it_waits_for(report: Report) -> None:
    assert "Insufficient nvidia.com/gpu" in report.waits
    assert "exceeded quota: canary" in report.refused
