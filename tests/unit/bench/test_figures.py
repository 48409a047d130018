"""From measured seconds to claims."""

from __future__ import annotations

import pytest

from bench.load.report import Reply, Report
from bench.serving.figures import Claim, raw_rate, row, shown


def test_the_median_of_the_rounds_decides() -> None:
    assert Claim("ratio", [0.5, 0.97, 0.96], True, 0.95).holds
    assert not Claim("ratio", [0.99, 0.94, 0.94], True, 0.95).holds
    assert Claim("ms", [0.9], False, 1.0).holds
    assert not Claim("ms", [1.1], False, 1.0).holds


def test_a_claim_shows_its_goal_and_its_spread() -> None:
    line = shown([Claim("ratio", [0.5, 0.97, 0.96], True, 0.95, "3 pages/s")]).splitlines()[1]
    assert line.split("  ") == [
        "ratio",
        " 0.960",
        "0.500 to 0.970",
        ">= 0.95",
        "holds",
        "3 pages/s",
    ]


def test_rates_of_processes_side_by_side_add_up() -> None:
    assert raw_rate([[0.1, 0.3], [0.5, 0.5]]) == pytest.approx(5 + 2)


def test_a_row_tells_wrong_answers_from_none() -> None:
    replies = [
        Reply(0, 0.0, 0.0, 0.5, "200", None, True),
        Reply(0, 0.0, 0.0, 0.7, "200", None, False),
        Reply(0, 0.0, 0.0, 0.1, "500", None, None),
        Reply(0, 0.0, 0.0, 0.1, "ConnectionResetError", None, None),
    ]
    cells = row("Flask", 4, Report(2.0, replies))
    assert cells == ("Flask", "4", "25.0%", "1", "2", "0.50", "700")


def test_a_row_without_answers_has_no_latency() -> None:
    reply = Reply(0, 0.0, 0.0, 0.1, "500", None, None)
    assert row("Flask", 1, Report(1.0, [reply]))[-1] == "nan"
