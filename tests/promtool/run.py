"""Runs suites with promtool against rendered rules."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from infra.config import StackConfig, load_file
from local.toolchain import ensure
from monitoring.rules import rule_file
from tests.promtool.scenario import Suite

HERE = Path(__file__).parent
Rules = dict[str, Any]


@cache
def promtool() -> Path:
    """The program; builds it if it is not there."""
    return ensure(["prometheus"], print)["prometheus"] / "promtool"


@cache
def stack() -> StackConfig:
    """The stack that suites are about."""
    return load_file(HERE / "stack.yaml")


@cache
def rules() -> Rules:
    """Its rule file."""
    return rule_file(stack())


def only(rule_file: Rules, suite: Suite) -> Rules:
    """The rules that a suite is about."""
    return {
        "groups": [
            {**group, "rules": [each for each in group["rules"] if _wanted(each, suite)]}
            for group in rule_file["groups"]
            if family(group) in suite.groups
        ]
    }


def _wanted(rule: Mapping[str, Any], suite: Suite) -> bool:
    return not suite.alerts or rule.get("alert") == suite.alerts


def family(group: Mapping[str, Any]) -> str:
    """The last part of a group's name."""
    name: str = group["name"]
    return name.rpartition(".")[2]


def write(suite: Suite, rule_file: Rules, directory: Path, name: str) -> Path:
    """Write a suite and the rules that it tests; give the test file."""
    rules_path = directory / f"{name}.rules.json"
    tests_path = directory / f"{name}.tests.yaml"
    tested = only(rule_file, suite)
    names = [each["name"] for each in tested["groups"]]
    rules_path.write_text(to_text(tested))
    tests_path.write_text(to_text(suite.to_dict(rules_path.name, names)))
    return tests_path


def to_text(content: object) -> str:
    return yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)


def failures(tests: Iterable[Path], directory: Path, name: str) -> dict[str, list[str]]:
    """What promtool finds wrong: test file -> what it says of it; nothing for files that pass."""
    report = directory / f"{name}.junit.xml"
    done = subprocess.run(
        [promtool(), "test", "rules", f"--junit={report}", *tests],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[str]] = {}
    root = ElementTree.fromstring(report.read_text())  # noqa: S314 - promtool wrote it
    for suite in root.iter("testsuite"):
        said = [each.text or "" for each in suite.iter() if each.tag in ("failure", "error")]
        if said:
            found[Path(suite.get("name", "")).name] = said
    if bool(found) != bool(done.returncode):
        raise RuntimeError(f"promtool ended with {done.returncode}: {done.stdout}{done.stderr}")
    return found
