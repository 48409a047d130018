"""From a YAML file to a `Config`, or to everything that is wrong with it."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from monitoring.relay import credentials, values
from monitoring.relay.config import LANGUAGES, ROBOT_TYPES, Config, Links, RobotConfig
from monitoring.relay.keys import ConfigErrors, Keys, Problem
from monitoring.relay.robots import KINDS

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


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
    top = Keys(document, "", problems)
    config = Config(
        port=top.take("port", values.port, 9095),
        data=top.take("data", values.path, Path("/var/lib/relay")),
        language=top.take("language", values.one_of(LANGUAGES), "en"),
        time_zone=top.take("timeZone", values.time_zone, zoneinfo.ZoneInfo("UTC")),
        bearer_token_file=top.take("bearerTokenFile", values.path),
        repeat_s=top.take("repeatInterval", values.duration, 4 * 3600.0),
        links=_links(top.inside("links"), problems),
        robots=_robots(top.inside("robots", required=True), problems),
    )
    top.done()
    if problems:
        raise ConfigErrors(problems)
    return config


def _links(found: Mapping[str, object], problems: list[Problem]) -> Links:
    keys = Keys(found, "links", problems)
    names = ("alertmanager", "dashboards", "runbooks")
    links = Links(**{name: keys.take(name, values.page, None) for name in names})
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
        keys = Keys(value, path, problems)
        kind = keys.take("type", values.one_of(ROBOT_TYPES))
        robots[name] = RobotConfig(
            name=name,
            type=kind,
            url=keys.take("url", values.origin, KINDS[kind].url if kind in KINDS else ""),
            token_file=keys.take("tokenFile", values.path),
            secret_file=keys.take("secretFile", values.path, None),
            mentions=_mentions(keys.inside("mentions"), f"{path}.mentions", problems),
        )
        if kind in KINDS and not KINDS[kind].signs and robots[name].secret_file:
            problems.append(Problem(f"{path}.secretFile", "a file", f"nothing: {kind} has none"))
        keys.done()
    return robots


def _mentions(
    found: Mapping[str, object], path: str, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    keys = Keys(found, path, problems)
    return {owner: keys.take(owner, values.people) for owner in found}


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
