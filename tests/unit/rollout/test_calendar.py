"""When weights may be raised."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.config import Rollout
from rollout.calendar import closed

PLAN = Rollout.model_validate(
    {
        "hours": {"days": ["monday", "friday"], "start": "09:00", "end": "18:00"},
        "freezes": [{"start": "2026-11-27 12:00", "end": "2026-11-30 10:00", "reason": "sale"}],
    }
)
SHANGHAI = "Asia/Shanghai"
OPEN_ON = "weights are raised from 09:00 to 18:00 Asia/Shanghai on monday, friday"

# In UTC, eight hours behind Shanghai.
CASES = {
    "Monday morning": ("2026-11-23 01:00", None),
    "a minute before": ("2026-11-23 00:59", OPEN_ON),
    "the last minute": ("2026-11-23 09:59", None),
    "after hours": ("2026-11-23 10:00", OPEN_ON),
    "Tuesday": ("2026-11-24 03:00", OPEN_ON),
    "Friday at noon": ("2026-11-27 04:00", "freeze until 2026-11-30 10:00 Asia/Shanghai: sale"),
    "the end of the freeze": ("2026-11-30 02:00", None),
}


@pytest.mark.parametrize(("moment", "why"), CASES.values(), ids=CASES)
def test_weights_are_raised_in_hours_and_not_in_a_freeze(moment: str, why: str | None) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert closed(PLAN, now, SHANGHAI) == why


def test_without_hours_it_is_always_open() -> None:
    assert closed(Rollout(), datetime(2026, 11, 22, 3, tzinfo=UTC), "UTC") is None
