"""From a YAML file to a `Config`, or to everything that is wrong with it."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import yaml

from monitoring.relay import credentials
from monitoring.relay.config import (
    LANGUAGES,
    ROBOT_TYPES,
    Config,
    Links,
    RobotConfig,
)
from monitoring.relay.robots import KINDS

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PERSON = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_DURATION = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_MOST_PEOPLE = 20


@dataclass(frozen=True)
class Problem:
    """One value that cannot be used: where it stands, what was found, what to write."""

    path: str
    found: str
    write: str

    def __str__(self) -> str:
        return f"{self.path}: found {self.found}; write {self.write}"


class ConfigErrors(ValueError):
    """Everything that is wrong with the file; `str()` has a line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.path)
        super().__init__("\n".join(map(str, self.problems)))


class _Wrong(ValueError):
    """A value cannot be read; the message says what to write."""


def read(path: Path) -> Config:
    """The configuration in a file, whose secret files are all there.

    Raises:
        ConfigErrors: with every problem of the file, or with every secret file that is missing.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigErrors([Problem(str(path), error.strerror or "", "a readable file")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise ConfigErrors([Problem(str(path), f"no YAML{line}", "valid YAML")]) from None
    config = parse(found)
    missing = list(_missing_files(config))
    if missing:
        raise ConfigErrors(missing)
    return config


def parse(document: object) -> Config:
    """The configuration in what YAML holds.

    Raises:
        ConfigErrors: with every problem.
    """
    problems: list[Problem] = []
    top = _Keys(document, "", problems)
    config = Config(
        port=top.take("port", _port, 9095),
        data=top.take("data", _path, Path("/var/lib/relay")),
        language=top.take("language", _one_of(LANGUAGES), "en"),
        time_zone=top.take("timeZone", _time_zone, zoneinfo.ZoneInfo("UTC")),
        bearer_token_file=top.take("bearerTokenFile", _path),
        repeat_s=top.take("repeatInterval", _duration, 4 * 3600.0),
        links=_links(top.inside("links"), problems),
        robots=_robots(top.inside("robots", required=True), problems),
    )
    top.done()
    if problems:
        raise ConfigErrors(problems)
    return config


def _links(found: Mapping[str, object], problems: list[Problem]) -> Links:
    keys = _Keys(found, "links", problems)
    names = ("alertmanager", "dashboards", "runbooks")
    links = Links(**{name: keys.take(name, _page, None) for name in names})
    keys.done()
    return links


def _robots(found: Mapping[str, object], problems: list[Problem]) -> dict[str, RobotConfig]:
    robots = {}
    for name, value in found.items():
        path = f"robots.{name}"
        if not _NAME.fullmatch(name):
            problems.append(
                Problem(path, "this name", "lower case letters, digits and hyphens, at most 63")
            )
        keys = _Keys(value, path, problems)
        kind = keys.take("type", _one_of(ROBOT_TYPES))
        robots[name] = RobotConfig(
            name=name,
            type=kind,
            url=keys.take("url", _origin, KINDS[kind].url if kind in KINDS else ""),
            token_file=keys.take("tokenFile", _path),
            secret_file=keys.take("secretFile", _path, None),
            mentions=_mentions(keys.inside("mentions"), f"{path}.mentions", problems),
        )
        if kind in KINDS and not KINDS[kind].signs and robots[name].secret_file:
            problems.append(Problem(f"{path}.secretFile", "a file", f"nothing: {kind} has none"))
        keys.done()
    return robots


def _mentions(
    found: Mapping[str, object], path: str, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    keys = _Keys(found, path, problems)
    return {owner: keys.take(owner, _people) for owner in found}


class _Keys:
    """The keys of one mapping, taken one by one."""

    def __init__(self, found: object, path: str, problems: list[Problem]) -> None:
        self._path = path
        self._problems = problems
        self._left: dict[str, object] = {}
        if isinstance(found, dict) and all(isinstance(key, str) for key in found):
            self._left = dict(found)
        else:
            self._wrong("", found, "keys with values")

    def take(self, key: str, read: Callable[[object], T], *default: T) -> T:
        """The value of a key; the default (if there is one) where it is absent."""
        if key not in self._left and default:
            return default[0]
        value = self._left.pop(key, None)
        try:
            return read(value)
        except _Wrong as error:
            self._wrong(key, value, str(error))
            # Never seen: problems are raised before the configuration is given away.
            return default[0] if default else None  # type: ignore[return-value]

    def inside(self, key: str, *, required: bool = False) -> Mapping[str, object]:
        """A mapping with at least one key if it is required."""
        value = self._left.pop(key, None)
        if value is None and not required:
            return {}
        if isinstance(value, dict) and value and all(isinstance(each, str) for each in value):
            return value
        self._wrong(key, value, "keys with values")
        return {}

    def done(self) -> None:
        """Refuses every key that nobody has taken."""
        for key, value in self._left.items():
            self._wrong(key, value, "nothing: there is no such key")

    def _wrong(self, key: str, value: object, write: str) -> None:
        path = ".".join(part for part in (self._path, key) if part) or "the file"
        found = "nothing" if value is None else repr(value)
        self._problems.append(Problem(path, found if len(found) < 80 else "a long value", write))


def _missing_files(config: Config) -> Iterator[Problem]:
    files = {"bearerTokenFile": config.bearer_token_file}
    for robot in config.robots.values():
        files[f"robots.{robot.name}.tokenFile"] = robot.token_file
        if robot.secret_file:
            files[f"robots.{robot.name}.secretFile"] = robot.secret_file
    for path, file in files.items():
        try:
            credentials.read(file)
        except credentials.Unreadable as error:
            yield Problem(path, str(error), "the path of a file with the secret in it")


def _text(value: object, write: str) -> str:
    if not isinstance(value, str) or not value:
        raise _Wrong(write)
    return value


def _port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise _Wrong("a TCP port, such as 9095")
    return value


def _path(value: object) -> Path:
    text = _text(value, "an absolute path")
    if not text.startswith("/"):
        raise _Wrong("an absolute path")
    return Path(text)


def _one_of(choices: tuple[T, ...]) -> Callable[[object], T]:
    def read(value: object) -> T:
        for choice in choices:
            if value == choice:
                return choice
        raise _Wrong(" or ".join(map(str, choices)))

    return read


def _time_zone(value: object) -> zoneinfo.ZoneInfo:
    write = "the name of a time zone, such as Asia/Shanghai"
    try:
        return zoneinfo.ZoneInfo(_text(value, write))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise _Wrong(write) from None


def _duration(value: object) -> float:
    write = "a duration as Alertmanager writes it, at least 1m, such as 4h"
    match = _DURATION.fullmatch(_text(value, write))
    if match is None:
        raise _Wrong(write)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if total < 60:
        raise _Wrong(write)
    return float(total)


def _origin(value: object) -> str:
    """Scheme, host and port: paths and tokens belong elsewhere."""
    write = "scheme and host, such as https://oapi.dingtalk.com, without path and token"
    parts = _web(value, write)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _Wrong(write)
    return f"{parts.scheme}://{parts.netloc}"


def _page(value: object) -> str:
    write = "the address of a page, such as https://grafana.example.com"
    parts = _web(value, write)
    if parts.query or parts.fragment:
        raise _Wrong(write)
    return parts.geturl().rstrip("/")


def _web(value: object, write: str) -> SplitResult:
    try:
        parts = urlsplit(_text(value, write))
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise _Wrong(write) from None
    if not good or parts.username is not None or not parts.geturl().isascii():
        raise _Wrong(write)
    return parts


def _people(value: object) -> tuple[str, ...]:
    write = f"a list of at most {_MOST_PEOPLE} quoted mobile numbers or ids"
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_PEOPLE:
        raise _Wrong(write)
    for person in value:
        if not isinstance(person, str) or not _PERSON.fullmatch(person) or person == "all":
            raise _Wrong(write)
    return tuple(value)
