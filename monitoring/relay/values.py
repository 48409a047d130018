"""Single values of the configuration: each function reads one, or says what to write instead."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")

_PERSON = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_DURATION = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_MOST_PEOPLE = 20


class Wrong(ValueError):
    """A value cannot be read; the message says what to write."""


def text(value: object, write: str) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong(write)
    return value


def port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise Wrong("a TCP port, such as 9095")
    return value


def path(value: object) -> Path:
    found = text(value, "an absolute path")
    if not found.startswith("/"):
        raise Wrong("an absolute path")
    return Path(found)


def one_of(choices: tuple[T, ...]) -> Callable[[object], T]:
    def read(value: object) -> T:
        for choice in choices:
            if value == choice:
                return choice
        raise Wrong(" or ".join(map(str, choices)))

    return read


def time_zone(value: object) -> zoneinfo.ZoneInfo:
    write = "the name of a time zone, such as Asia/Shanghai"
    try:
        return zoneinfo.ZoneInfo(text(value, write))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Wrong(write) from None


def duration(value: object) -> float:
    write = "a duration as Alertmanager writes it, at least 1m, such as 4h"
    match = _DURATION.fullmatch(text(value, write))
    if match is None:
        raise Wrong(write)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if total < 60:
        raise Wrong(write)
    return float(total)


def origin(value: object) -> str:
    """Scheme, host and port: paths and tokens belong elsewhere."""
    write = "scheme and host, such as https://oapi.dingtalk.com, without path and token"
    parts = _web(value, write)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise Wrong(write)
    return f"{parts.scheme}://{parts.netloc}"


def page(value: object) -> str:
    write = "the address of a page, such as https://grafana.example.com"
    parts = _web(value, write)
    if parts.query or parts.fragment:
        raise Wrong(write)
    return parts.geturl().rstrip("/")


def _web(value: object, write: str) -> SplitResult:
    try:
        parts = urlsplit(text(value, write))
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise Wrong(write) from None
    if not good or parts.username is not None or not parts.geturl().isascii():
        raise Wrong(write)
    return parts


def people(value: object) -> tuple[str, ...]:
    write = f"a list of at most {_MOST_PEOPLE} quoted mobile numbers or ids"
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_PEOPLE:
        raise Wrong(write)
    for person in value:
        if not isinstance(person, str) or not _PERSON.fullmatch(person) or person == "all":
            raise Wrong(write)
    return tuple(value)
