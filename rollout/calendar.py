"""When a weight may be raised. Going back is allowed at any time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from infra.config import Hours, Rollout


def closed(plan: Rollout, now: datetime, zone: str) -> str | None:
    """Why no weight may be raised at `now` (any time zone), None when one may.

    `zone` is the IANA name of the time zone in which the plan speaks.
    """
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for freeze in plan.freezes:
        if freeze.start <= local < freeze.end:
            return f"freeze until {freeze.end:%Y-%m-%d %H:%M} {zone}: {freeze.reason}"
    if plan.hours and not _within(plan.hours, local):
        days = ", ".join(plan.hours.days)
        return f"weights are raised from {plan.hours.start} to {plan.hours.end} {zone} on {days}"
    return None


def _within(hours: Hours, local: datetime) -> bool:
    # Times of day compare as they are written: "09:00" < "18:00" <= "24:00".
    return f"{local:%A}".lower() in hours.days and hours.start <= f"{local:%H:%M}" < hours.end
