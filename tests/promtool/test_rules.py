"""The rendered rules under the real promtool: its lint, and what each rule does over time."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.config.alerts import CATALOGUE
from tests.promtool.registry import SUITES
from tests.promtool.run import failures, promtool, rules, to_text, write
from tests.promtool.scenario import Scenario, Suite, values


def lint(rule_file: dict[str, Any], directory: Path) -> tuple[int, str]:
    """Exit status and output of promtool's lint."""
    path = directory / "rules.yaml"
    path.write_text(to_text(rule_file))
    done = subprocess.run(
        [promtool(), "check", "rules", "--lint=all", "--lint-fatal", path],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_promtool_finds_nothing_to_say_about_the_rules(tmp_path: Path) -> None:
    status, said = lint(rules(), tmp_path)
    assert status == 0, said


def test_promtool_refuses_a_rule_that_stands_twice_and_one_that_is_none(tmp_path: Path) -> None:
    first, *others = rules()["groups"]
    twice = {**first, "rules": [*first["rules"], first["rules"][0]]}
    status, said = lint({"groups": [twice, *others]}, tmp_path)
    assert status != 0
    assert "duplicate rule(s) found" in said
    wrong = {**first, "rules": [{**first["rules"][0], "expr": "sum(("}]}
    assert lint({"groups": [wrong, *others]}, tmp_path)[0] != 0


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_rules_do_what_the_suite_says(suite: Suite, tmp_path: Path) -> None:
    found = failures([write(suite, rules(), tmp_path, "suite")], tmp_path, "suite")
    assert not found, "\n".join(line for said in found.values() for line in said)


def test_a_suite_that_asks_for_something_else_fails(tmp_path: Path) -> None:
    wrong = Suite("wrong", ["constants"], [Scenario("wrong", {}, [values("0s", "vector(1)", {})])])
    assert failures([write(wrong, rules(), tmp_path, "wrong")], tmp_path, "wrong")


def test_every_alert_is_seen_firing_and_going_and_its_texts_are_read() -> None:
    silent, firing, read = set[str](), set[str](), set[str]()
    for suite in SUITES:
        for check in (check for scenario in suite.scenarios for check in scenario.checks):
            if check.kind == "alert_rule_test":
                read.add(check.content["alertname"])
                continue
            states = {each["labels"] for each in check.content["exp_samples"]}
            if suite.alerts and any('alertstate="firing"' in labels for labels in states):
                firing.add(suite.alerts)
            if suite.alerts and not states:
                silent.add(suite.alerts)
    names = {alert.name for alert in CATALOGUE}
    assert (firing, read) == (names, names)
    assert silent == names - {"Watchdog"}


def test_every_rule_is_in_a_suite_of_its_own() -> None:
    own = [suite for suite in SUITES if suite.name != "whole"]
    for group in rules()["groups"]:
        family = group["name"].rpartition(".")[2]
        for rule in group["rules"]:
            wanted = ("", rule.get("alert"))
            assert any(family in suite.groups and suite.alerts in wanted for suite in own), rule
