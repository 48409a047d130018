"""The rendered routes under amtool: everybody is told what the stack file promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.config import StackConfig
from infra.plain_yaml import dump
from monitoring.alertmanager import alertmanager_config
from monitoring.route_cases import route_cases
from monitoring.tool_checks import complaint, misrouted
from tests.amtool.stacks import STACKS

Config = dict[str, Any]
Plant = Callable[[Config], object]

every_stack = pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)


def written(directory: Path, config: Config) -> Path:
    """The configuration as a file."""
    file = directory / "alertmanager.yml"
    file.write_text(dump(config))
    return file


@every_stack
def test_alertmanager_takes_the_configuration(
    stack: StackConfig, binaries: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, alertmanager_config(stack))
    assert complaint(binaries / "amtool", "check-config", file) == ""


@every_stack
def test_every_kind_of_alert_goes_where_it_belongs(
    stack: StackConfig, binaries: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, alertmanager_config(stack))
    assert list(misrouted(binaries / "amtool", file, route_cases(stack))) == []


def routes(config: Config) -> list[Config]:
    """Its routes."""
    found: list[Config] = config["route"]["routes"]
    return found


def first(config: Config, receiver: str) -> Config:
    """The first route to a receiver."""
    return next(route for route in routes(config) if route["receiver"] == receiver)


MISTAKES: dict[str, Plant] = {
    "another team is told": lambda config: first(config, "vision-critical").update(
        receiver="platform-critical"
    ),
    "nobody is woken": lambda config: first(config, "vision-critical").update(
        receiver="vision-warning"
    ),
    "a team's warnings go to the default team": lambda config: routes(config).remove(
        first(config, "vision-warning")
    ),
    "a team gets everybody's alerts": lambda config: first(config, "vision-warning").update(
        matchers=[]
    ),
    "alerts without owner reach nobody": lambda config: routes(config).pop(),
    "the default team's critical alerts wake nobody": lambda config: routes(config).remove(
        next(each for each in routes(config) if each.get("matchers") == ['severity="critical"'])
    ),
    "somebody reads of what is for information": lambda config: routes(config).remove(
        first(config, "nobody")
    ),
    "another team reads what a release does": lambda config: routes(config).remove(
        first(config, "vision-rollouts")
    ),
    "the dead man's switch is released": lambda config: routes(config).remove(
        first(config, "dead-mans-switch")
    ),
    "the relay tells of its own failure": lambda config: routes(config).remove(
        first(config, "critical-without-relay")
    ),
    "routes in another order": lambda config: routes(config).reverse(),
}


@pytest.mark.parametrize("plant", MISTAKES.values(), ids=MISTAKES)
def test_a_planted_mistake_is_found(plant: Plant, binaries: Path, tmp_path: Path) -> None:
    stack = STACKS["prod"]
    config = alertmanager_config(stack)
    plant(config)
    file = written(tmp_path, config)
    assert any(misrouted(binaries / "amtool", file, route_cases(stack)))


def test_what_amtool_cannot_read_is_told_as_it_says(binaries: Path, tmp_path: Path) -> None:
    config = alertmanager_config(STACKS["prod"])
    config["route"]["receiver"] = "who"
    file = written(tmp_path, config)
    assert 'undefined receiver "who"' in complaint(binaries / "amtool", "check-config", file)
    assert any(misrouted(binaries / "amtool", file, route_cases(STACKS["prod"])))
