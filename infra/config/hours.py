"""Working hours, and when alerts are muted: local times of `alerting.timeZone`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import AlertName, Clock, ModelName
from infra.config.values import Moment

Weekday = Annotated[
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    Field(title="monday, tuesday, wednesday, thursday, friday, saturday or sunday"),
]
Weekdays = Annotated[tuple[Weekday, ...], Field(strict=False)]


class Hours(Part):
    """Hours of the week, within each of some days."""

    days: Weekdays = Field(
        min_length=1, title="a list of days, such as [monday, tuesday]", description="Days."
    )
    start: Clock = Field(description="First minute.")
    end: Clock = Field(description='The minute after the last; "24:00" for the whole day.')


class WorkingHours(Hours):
    """Hours in which warnings are read."""

    days: Weekdays = Field(
        default=("monday", "tuesday", "wednesday", "thursday", "friday"),
        min_length=1,
        title="a list of days, such as [monday, tuesday]",
        description="Days. Default Monday to Friday.",
    )
    start: Clock = Field(default="09:00", description='First minute. Default "09:00".')
    end: Clock = Field(default="18:00", description='The minute after the last. Default "18:00".')


class Dates(Part):
    """One time, from a minute to another."""

    start: Moment = Field(description='First minute, such as "2026-12-01 22:00".')
    end: Moment = Field(description="The minute after the last.")


class Mute(Part):
    """A planned time in which nobody is told, whatever the severity."""

    reason: str = Field(
        pattern=r"^\s*\S[\s\S]{8,}\S\s*$",
        title="why, in ten characters or more",
        description="Why nobody needs to know.",
    )
    models: Annotated[tuple[ModelName, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of models, such as [ocr]",
        description="Models whose alerts are muted. Default: all, and alerts of no model.",
    )
    alerts: Annotated[tuple[AlertName, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of alerts, such as [HighModelLatency]",
        description="Alerts that are muted. Default: all.",
    )
    weekly: Hours | None = Field(default=None, description="When, each week. Write this or `once`.")
    once: Dates | None = Field(
        default=None, description="When, if not each week. Write this or `weekly`."
    )
