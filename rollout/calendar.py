"""When a weight may be raised. Going back is allowed at any time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from infra.config import Rollout
from infra.config.alerting import Hours

_UTC = "UTC"


def closed(plan: Rollout, now: datetime) -> str | None:
    """Why no weight may be raised at `now` (any time zone), None when one may."""
    local = now.astimezone(ZoneInfo(plan.hours.time_zone if plan.hours else _UTC))
    for freeze in plan.freezes:
        if freeze.first <= local.date() <= freeze.last:
            return f"freeze from {freeze.first} to {freeze.last}: {freeze.reason}"
    if plan.hours and not _within(plan.hours, local):
        days = ", ".join(plan.hours.days)
        hours = f"{plan.hours.start} to {plan.hours.end} {plan.hours.time_zone}"
        return f"weights are raised from {hours} on {days}"
    return None


def _within(hours: Hours, local: datetime) -> bool:
    # Times of day compare as they are written: "09:00" < "18:00" <= "24:00".
    return f"{local:%A}".lower() in hours.days and hours.start <= f"{local:%H:%M}" < hours.end
