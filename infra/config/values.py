"""Values with a meaning of their own: weights, durations, secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

_DURATION = re.compile(r"(?=.)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_LONGEST_DURATION = 32
_MOMENT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", re.ASCII)
_MOMENT_FORMAT = "%Y-%m-%d %H:%M"
_WEIGHT_TEXT = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9])?")


def _weight(value: object) -> int | float:
    # `pulumi config set 2.5` writes "2.5", and the CLI (3.250) then keeps the quotes around every
    # later number, whatever `--type` says. That must not stand between anybody and weight 0.
    if isinstance(value, str) and _WEIGHT_TEXT.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")  # noqa: TRY004 - the error that Pydantic collects
    if not 0 <= value <= 100 or round(value, 1) != value:
        raise ValueError("out of range, or finer than tenths")
    return int(value) if value == int(value) else value


def tenths(weight: int | float) -> int:
    """Give a weight (percent) in tenths of a percent, the unit in which weights are added up."""
    return round(weight * 10)


def _duration(value: object) -> timedelta:
    if not isinstance(value, str) or len(value) > _LONGEST_DURATION:
        raise ValueError("not a duration")
    parts = _DURATION.fullmatch(value)
    if not parts:
        raise ValueError("not a duration")
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in parts.groups())
    try:
        duration = timedelta(
            hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds
        )
    except OverflowError:
        raise ValueError("longer than any release") from None
    if not duration:
        raise ValueError("no time at all")
    return duration


def show_duration(duration: timedelta) -> str:
    """Write a duration as a stack file has it: `1h30m`, `500ms`."""
    rest = duration // timedelta(milliseconds=1)
    shown = ""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        count, rest = divmod(rest, size)
        shown += f"{count}{unit}" if count else ""
    return shown


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("not a date and time of day")
    return datetime.strptime(value, _MOMENT_FORMAT)


def show_moment(moment: datetime) -> str:
    """Write a moment as a stack file has it: `2026-12-01 22:00`."""
    return moment.strftime(_MOMENT_FORMAT)


@dataclass(frozen=True)
class Secret:
    """A text that neither `repr` nor any error message shows.

    Read from a stack file it holds a stand-in, since only the engine can decrypt.
    """

    value: str = field(repr=False)


def _secret(value: object, info: ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str) and value and info.context == PLAIN_SECRETS:
        return Secret(value)
    raise ValueError("not a secret")


PLAIN_SECRETS = "the engine has decrypted secrets to text"
"""Validation context of values that come from the engine; a file must not hold plain secrets."""

WEIGHT_SCHEMA = {
    "type": ["number", "string"],
    "minimum": 0,
    "maximum": 100,
    "pattern": r"^(0|[1-9][0-9]?|100)(\.[0-9])?$",
    "title": "a weight from 0 to 100, whole or in tenths",
}
DURATION_SCHEMA = {
    "type": "string",
    "pattern": "^(?=.)([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
    "title": "a duration with its unit, such as 500ms, 90s, 30m, 1h30m",
}
MOMENT_SCHEMA = {
    "type": "string",
    "pattern": "^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$",
    "title": 'a date and time of day, such as "2026-12-01 22:00"',
}
SECRET_SCHEMA = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
    "title": "it encrypted, with `pulumi config set --secret --path`",
}

Weight = Annotated[int | float, PlainValidator(_weight), WithJsonSchema(WEIGHT_SCHEMA)]
"""Percent of a model's traffic: 0 to 100, whole or in tenths; also as text, as the CLI has it."""

Duration = Annotated[
    timedelta,
    PlainValidator(_duration),
    PlainSerializer(show_duration, return_type=str),
    WithJsonSchema(DURATION_SCHEMA),
]
"""A time above zero, written with units: `90s`, `30m`, `1h30m`, `500ms`."""

Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    PlainSerializer(show_moment, return_type=str),
    WithJsonSchema(MOMENT_SCHEMA),
]
"""A local date and time, to the minute, in the time zone of `alerting`."""

SecretText = Annotated[
    Secret,
    PlainValidator(_secret),
    PlainSerializer(lambda _: "[secret]", return_type=str),
    WithJsonSchema(SECRET_SCHEMA),
]
"""A secret: `secure: <ciphertext>` in a stack file, plain text once the engine has decrypted it."""
