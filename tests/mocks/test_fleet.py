"""A fleet as the engine sees it: what a platform declares, and what a group on it does not."""

from __future__ import annotations

import pytest
from pulumi import RunError

from infra.config import parse
from infra.shared import from_shared, to_shared
from tests.mocks.program import update
from tests.unit.config.fleets import PLATFORM, VISION
from tests.unit.monitoring.stacks import ALERTING


def test_a_platform_makes_the_namespaces_of_its_groups_and_says_what_they_share() -> None:
    done = update(PLATFORM)
    made = {name for name in done.registered if name.startswith("Namespace/")}
    assert made == {"Namespace/platform", "Namespace/vision", "Namespace/speech"}
    assert from_shared(done.outputs["shared"]) == from_shared(to_shared(parse(PLATFORM)))


def test_a_group_declares_what_is_its_own() -> None:
    shared = update(PLATFORM).outputs["shared"]
    done = update(VISION, last_outputs={"shared": shared})
    kinds = {name.partition("/")[0] for name in done.registered}
    assert not kinds & {"Namespace", "PriorityClass", "NodePatch", "NodePool", "Platform"}
    pods = done.registered["Deployment/ocr-v1-1"].inputs
    assert pods["metadata"]["namespace"] == "vision"
    template = pods["spec"]["template"]["spec"]
    assert template["priorityClassName"].startswith("platform-")
    assert done.outputs["models"]["ocr"]["stable"] == "v1.1"
    assert "shared" not in done.outputs


def test_objects_of_one_name_in_several_groups_are_several_resources() -> None:
    done = update({**PLATFORM, "alerting": ALERTING})
    closed = {name for name in done.registered if name.endswith("deny-all-models")}
    assert len(closed) == 3


def test_a_group_of_a_watched_fleet_registers_its_rules() -> None:
    shared = update({**PLATFORM, "alerting": ALERTING}).outputs["shared"]
    done = update(VISION, last_outputs={"shared": shared})
    assert "ConfigMap/rules-of-vision" in done.registered
    assert not any(name.startswith("Secret/") for name in done.registered)


def test_a_base_that_was_never_updated_is_named() -> None:
    with pytest.raises(RunError, match="base: found platform, which has no output `shared`"):
        update(VISION, last_outputs={})
