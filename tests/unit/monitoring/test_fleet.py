"""Monitoring of a fleet: one stack collects for all groups, each group brings its own rules."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from infra.config import StackConfig, parse
from monitoring.alertmanager import alertmanager_config
from monitoring.collection import manifests, secrets
from monitoring.collection.scrape import prometheus_config
from monitoring.files import files
from monitoring.rules import rule_groups
from monitoring.rules.series import MODELS_JOB
from tests.unit.config.edits import base as one_stack
from tests.unit.monitoring.stacks import ALERTING, OPERATOR

GROUPS = ("vision", "speech")


def watching(**alerting: object) -> StackConfig:
    return parse(
        {
            "namespace": "platform",
            "nodePools": one_stack()["nodePools"],
            "groups": list(GROUPS),
            "models": {},
            "alerting": {**ALERTING, **alerting},
        }
    )


def group(base: StackConfig, name: str = "vision") -> StackConfig:
    values = {"base": "platform", "namespace": name, "models": one_stack()["models"]}
    return parse(values, base=base)


def in_operator() -> dict[str, Any]:
    return {path.removeprefix("alerting/"): value for path, value in OPERATOR.items()}


def test_a_group_declares_its_rules_and_nothing_else() -> None:
    (rules,) = manifests(group(watching()))
    assert (rules["kind"], rules["metadata"]["name"]) == ("ConfigMap", "rules-of-vision")
    assert rules["metadata"]["namespace"] == "paddle-monitoring"
    assert secrets(group(watching())) == {}
    assert list(files(group(watching()))) == ["rules.yaml"]


def test_with_an_operator_the_rules_are_its_objects() -> None:
    (rules,) = manifests(group(watching(**in_operator())))
    assert (rules["kind"], rules["metadata"]["name"]) == ("PrometheusRule", "rules-of-vision")


def test_what_all_stand_on_is_watched_once() -> None:
    base = watching()
    of_base = {each.name.rpartition(".")[2] for each in rule_groups(base)}
    of_group = {each.name.rpartition(".")[2] for each in rule_groups(group(base))}
    assert {"gpu", "platform"} <= of_base
    assert not {"gpu", "platform"} & of_group
    assert {"constants", "objectives", "burn-rate", "canary", "presence"} <= of_group


def test_rules_of_a_group_speak_of_its_namespace_alone() -> None:
    (rules,) = manifests(group(watching(), "speech"))
    text = next(iter(rules["data"].values()))
    assert 'namespace="speech"' in text
    assert 'namespace="platform"' not in text
    assert 'namespace="vision"' not in text


def test_prometheus_reads_the_rules_of_every_group_that_is_there() -> None:
    (server,) = (
        each
        for each in manifests(watching())
        if each["kind"] == "StatefulSet" and each["metadata"]["name"] == "prometheus"
    )
    volumes = server["spec"]["template"]["spec"]["volumes"]
    (rules,) = (each["projected"]["sources"] for each in volumes if each["name"] == "rules")
    optional = {each["configMap"]["name"] for each in rules if each["configMap"].get("optional")}
    assert optional == {"rules-of-vision", "rules-of-speech"}


def test_pods_of_all_groups_are_scraped_and_reached_by_no_others() -> None:
    base = watching()
    (job,) = (e for e in prometheus_config(base)["scrape_configs"] if e["job_name"] == MODELS_JOB)
    found = job["kubernetes_sd_configs"][0]["namespaces"]["names"]
    assert found == ["platform", *GROUPS]
    closed = {
        each["metadata"]["namespace"]
        for each in manifests(base)
        if each["metadata"]["name"] == "deny-all-models"
    }
    assert closed == {"platform", *GROUPS}
    granted = {e["metadata"]["namespace"] for e in manifests(base) if e["kind"] == "Role"}
    assert {"platform", *GROUPS} <= granted


def test_failing_rules_and_scrapes_of_groups_are_told() -> None:
    (platform,) = (each for each in rule_groups(watching()) if each.name.endswith(".platform"))
    text = yaml.safe_dump(platform.to_dict())
    assert "paddle-canary[.](platform|vision|speech)[.]" in text.replace("\\\\", "")
    assert 'namespace=~"(platform|vision|speech)"' in text.replace("\\", "")


def test_a_mute_may_name_models_of_groups() -> None:
    mute = {
        "reason": "a model of a group",
        "models": ["ocr"],
        "weekly": {"days": ["sunday"], "start": "01:00", "end": "05:00"},
    }
    config = yaml.safe_dump(alertmanager_config(watching(mutes={"nightly": mute})))
    assert 'model=~"ocr"' in config


def test_a_group_whose_rules_are_too_many_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.collection.config_maps.packed", lambda _: [[], []])
    with pytest.raises(ValueError, match="another group"):
        list(manifests(group(watching())))
