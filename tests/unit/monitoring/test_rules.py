"""The rules of a stack as values. What they compute is in tests/promtool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.config import StackConfig, parse
from infra.config.alerts import ALERTS, CATALOGUE
from monitoring.rules import AlertRule, RecordingRule, rule_file, rule_groups
from monitoring.rules.table import table
from tests.unit.config.edits import edited

ALERTING = {
    "mode": "embedded",
    "gateway": {"namespace": "traefik"},
    "images": {"relay": "relay:1"},
    "receivers": {"webhook": {"hook": {"url": "https://hook.example.com"}}},
    "teams": {"vision": {"chat": ["hook"]}, "platform": {"chat": ["hook"]}},
    "defaultTeam": "platform",
}
DOCS = Path(__file__).parents[3] / "docs"


def stack(**edits: object) -> StackConfig:
    """A small stack with alerting; a double underscore in a name stands for a slash."""
    by_path = {path.replace("__", "/"): value for path, value in edits.items()}
    return parse(edited({"alerting": ALERTING, **by_path}))


def many(models: int) -> StackConfig:
    one = stack().models["ocr"].model_dump(by_alias=True, exclude_defaults=True, mode="json")
    others = {f"m{each}": {**one, "host": f"m{each}.example.com"} for each in range(models)}
    return parse(edited({"alerting": ALERTING, "models": others}))


def alert_rules(config: StackConfig, name: str | None = None) -> list[AlertRule]:
    return [
        rule
        for group in rule_groups(config)
        for rule in group.rules
        if isinstance(rule, AlertRule) and name in (None, rule.alert)
    ]


def test_a_stack_without_alerting_has_no_rules() -> None:
    config = parse(edited({}))
    assert rule_groups(config) == []
    assert rule_file(config) == {"groups": []}


def test_every_alert_of_the_catalogue_is_one_rule_as_the_catalogue_says() -> None:
    rules = alert_rules(stack())
    assert sorted(rule.alert for rule in rules) == sorted(ALERTS)
    for rule in rules:
        alert = ALERTS[rule.alert]
        assert (rule.hold, rule.keep) == (alert.hold, alert.keep)
        assert rule.labels["severity"] == alert.severity


def test_more_models_make_more_constants_and_no_other_rules() -> None:
    def without_constants(config: StackConfig) -> list[Any]:
        constant, *others = rule_groups(config)
        assert constant.name.endswith(".constants")
        return others

    assert without_constants(many(1)) == without_constants(many(50))


def test_times_without_a_meaning_are_left_out_of_the_file() -> None:
    (watchdog,) = alert_rules(stack(), "Watchdog")
    assert set(watchdog.to_dict()) == {"alert", "expr", "labels", "annotations"}
    (errors,) = alert_rules(stack(), "HighModelErrorRate")
    assert (errors.to_dict()["for"], errors.to_dict()["keep_firing_for"]) == ("5m", "5m")


def test_each_text_is_in_both_languages() -> None:
    for rule in alert_rules(stack()):
        assert set(rule.annotations) == {
            "summary",
            "description",
            "summary_zh",
            "description_zh",
        }
        assert all(rule.annotations.values())


def test_links_are_where_the_stack_says_that_pages_are() -> None:
    links = {"runbooks": "https://docs.example.com/runbooks/", "grafana": "https://g.example.com"}
    config = stack(alerting=ALERTING | {"links": links, "language": "zh"})
    (watchdog,) = alert_rules(config, "Watchdog")
    assert watchdog.annotations["runbook"] == "https://docs.example.com/runbooks/Watchdog.zh.md"
    assert watchdog.annotations["dashboard"].startswith("https://g.example.com/d/")


def tuned(alert: str, **tuning: object) -> StackConfig:
    return stack(models__ocr__alerts={alert: tuning})


def test_an_alert_that_every_model_switches_off_is_gone() -> None:
    assert alert_rules(tuned("LowModelQPS", enabled=False), "LowModelQPS") == []


def test_a_model_that_tunes_an_alert_has_its_own_rule_and_is_left_out_of_the_common_one() -> None:
    config = many(3)
    models = config.model_dump(by_alias=True, exclude_defaults=True, mode="json")["models"]
    models["m1"]["alerts"] = {"HighModelLatency": {"for": "1h"}}
    models["m2"]["alerts"] = {"HighModelLatency": {"enabled": False}}
    common, own = alert_rules(
        parse(edited({"alerting": ALERTING, "models": models})), "HighModelLatency"
    )
    assert 'model!~"m1|m2"' in common.expr
    assert 'model="m1"' in own.expr
    assert own.labels == {"severity": "warning", "model": "m1"}
    assert own.hold.total_seconds() == 3600


@pytest.mark.parametrize(
    ("alert", "edits", "found"),
    [
        ("CanarySlowerThanStable", {"threshold": 1.25}, "> 1.25\n"),
        ("CanarySlowerThanStable", {"threshold": 3}, "> 3\n"),
        ("TrafficShareOff", {"threshold": 0.015}, "(1 - 0.015)"),
    ],
)
def test_a_threshold_stands_in_the_expression_as_written(
    alert: str, edits: Mapping[str, object], found: str
) -> None:
    (rule,) = alert_rules(tuned(alert, **edits), alert)
    assert found in rule.expr


def test_an_alert_of_the_platform_is_tuned_or_switched_off() -> None:
    config = stack(
        alerting=ALERTING
        | {"alerts": {"GpuTooHot": {"threshold": 80, "for": "1m"}, "Watchdog": {"enabled": False}}}
    )
    (hot,) = alert_rules(config, "GpuTooHot")
    assert hot.expr.endswith("> 80")
    assert hot.hold.total_seconds() == 60
    assert alert_rules(config, "Watchdog") == []


@pytest.mark.parametrize(("interval", "fast", "slow"), [("15s", 15, 60), ("30s", 30, 60)])
def test_groups_are_evaluated_as_often_as_scraped_or_once_a_minute(
    interval: str, fast: int, slow: int
) -> None:
    config = stack(alerting=ALERTING | {"prometheus": {"interval": interval}})
    found = {group.interval.total_seconds() for group in rule_groups(config)}
    assert found == {fast, slow}


def test_no_two_series_that_are_recorded_have_the_same_name_and_labels() -> None:
    recorded = [
        (rule.record, tuple(sorted(rule.labels.items())))
        for group in rule_groups(many(2))
        for rule in group.rules
        if isinstance(rule, RecordingRule)
    ]
    assert len(recorded) == len(set(recorded))


@pytest.mark.parametrize(("language", "file"), [("en", "alerts.md"), ("zh", "alerts.zh.md")])
def test_the_docs_have_the_catalogue(language: str, file: str) -> None:
    assert table(language) in (DOCS / file).read_text(), (
        f"run: python -m monitoring.rules.table {language}, and put the table into docs/{file}"
    )


def test_the_docs_explain_nothing_that_is_not_there() -> None:
    names = {alert.name for alert in CATALOGUE}
    for file in ("alerts.md", "alerts.zh.md"):
        headings = [
            line.removeprefix("### ").strip("`")
            for line in (DOCS / file).read_text().splitlines()
            if line.startswith("### `")
        ]
        assert set(headings) == names, file
