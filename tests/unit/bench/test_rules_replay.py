"""When alerts fire, and which incident they belong to."""

from __future__ import annotations

import pytest

from bench.rules_replay.firing import firing


@pytest.mark.parametrize(
    ("holds", "hold", "keep", "found"),
    [
        ("", 0, 0, []),
        ("..xx..", 0, 0, [(2, 4)]),
        ("..xxx.", 2, 0, [(4, 5)]),
        ("..xx..", 2, 0, []),
        (".x.xx.", 1, 0, [(4, 5)]),
        ("xx....", 0, 3, [(0, 5)]),
        ("xx..xx......", 0, 3, [(0, 9)]),
        ("xx...xx", 1, 2, [(1, 4), (6, 7)]),
        ("xxxx", 1, 0, [(1, 4)]),
    ],
)
def test_an_alert_fires_after_its_patience_and_is_kept(
    holds: str, hold: int, keep: int, found: list[tuple[int, int]]
) -> None:
    assert firing([each == "x" for each in holds], hold, keep) == found
