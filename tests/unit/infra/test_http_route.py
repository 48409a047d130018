"""A split as an HTTPRoute, and the split that a live one routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.http_route import http_route, read_split
from infra.split import Split
from tests.unit.infra.stacks import VERSIONS, stack


def route(
    canary: Mapping[str, float] | None = None, edits: Mapping[str, object] | None = None
) -> dict[str, Any]:
    config = stack(canary=canary, edits=edits)
    assert config.gateway is not None
    return http_route(config, "ocr", config.gateway)


def weights(manifest: Mapping[str, Any]) -> dict[str, int]:
    return {ref["name"]: ref["weight"] for ref in manifest["spec"]["rules"][-1]["backendRefs"]}


def chosen(manifest: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """The backend of the first rule that matches, as the Gateway API defines; None by weight."""
    for rule in manifest["spec"]["rules"][:-1]:
        for match in rule["matches"]:
            if all(_matches(each, headers) for each in match["headers"]):
                name: str = rule["backendRefs"][0]["name"]
                return name
    return None


def _matches(match: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    value = headers.get(match["name"])
    if value is None:
        return False
    if match["type"] == "Exact":
        return value == match["value"]
    return re.search(match["value"], value) is not None


def test_the_route_hangs_on_the_gateway_of_the_stack() -> None:
    spec = route()["spec"]
    assert spec["parentRefs"] == [{"name": "public", "namespace": "traefik"}]
    assert spec["hostnames"] == ["ocr.example.com"]


def test_without_a_canary_stable_has_everything() -> None:
    assert weights(route()) == {"ocr-v1-1": 1000}


def test_several_canaries_share_and_stable_has_the_rest() -> None:
    assert weights(route({"v1.2": 5, "v1.3": 2.5})) == {
        "ocr-v1-1": 925,
        "ocr-v1-2": 50,
        "ocr-v1-3": 25,
    }


@given(first=st.integers(0, 1000), second=st.integers(0, 1000))
def test_weights_add_up_to_a_thousand_and_are_read_back_exactly(first: int, second: int) -> None:
    second = min(second, 1000 - first)
    split = Split("v1.1", {"v1.2": first / 10, "v1.3": second / 10})
    manifest = route(split.canary)
    assert sum(weights(manifest).values()) == 1000
    assert read_split(manifest, VERSIONS) == split


def test_weights_set_by_hand_are_read_as_shares() -> None:
    manifest = route({"v1.2": 5})
    for ref, weight in zip(manifest["spec"]["rules"][-1]["backendRefs"], (3, 1), strict=True):
        ref["weight"] = weight
    assert read_split(manifest, VERSIONS) == Split("v1.1", {"v1.2": 25})


def test_the_service_of_a_version_that_nobody_knows_stands_for_itself() -> None:
    assert read_split(route({"v1.2": 5}), ["v1.2"]) == Split("ocr-v1-1", {"v1.2": 5})


def test_without_match_there_is_no_rule_for_testers() -> None:
    assert len(route({"v1.2": 5})["spec"]["rules"]) == 1


def test_without_a_canary_there_is_nothing_for_testers_to_choose() -> None:
    assert len(route(edits={"match": {"header": "X-Canary"}})["spec"]["rules"]) == 1


@pytest.mark.parametrize(
    ("headers", "backend"),
    [
        ({"X-Canary": "always"}, "ocr-v1-2"),
        ({"X-Canary": "v1.2"}, "ocr-v1-2"),
        ({"X-Canary": "never"}, "ocr-v1-1"),
        ({"X-Canary": "v1x2"}, None),
        ({}, None),
        ({"Cookie": "tester=always"}, "ocr-v1-2"),
        ({"Cookie": "a=1; tester=v1.2; b=2"}, "ocr-v1-2"),
        ({"Cookie": "a=1;tester=never"}, "ocr-v1-1"),
        ({"Cookie": "mytester=always"}, None),
        ({"Cookie": "tester=always2"}, None),
        ({"Cookie": "tester=v1x2"}, None),
    ],
)
def test_testers_choose_by_header_or_cookie(
    headers: Mapping[str, str], backend: str | None
) -> None:
    manifest = route({"v1.2": 0}, {"match": {"header": "X-Canary", "cookie": "tester"}})
    assert chosen(manifest, headers) == backend


def test_with_several_canaries_always_means_none_of_them() -> None:
    manifest = route({"v1.2": 0, "v1.3": 0}, {"match": {"header": "X-Canary"}})
    assert chosen(manifest, {"X-Canary": "always"}) is None
    assert chosen(manifest, {"X-Canary": "v1.3"}) == "ocr-v1-3"


def test_the_rule_for_everybody_comes_last_and_keeps_the_path() -> None:
    manifest = route({"v1.2": 5}, {"match": {"header": "X-Canary"}, "path": "/ocr"})
    assert manifest["spec"]["rules"][-1]["matches"] == [
        {"path": {"type": "PathPrefix", "value": "/ocr"}}
    ]
    for rule in manifest["spec"]["rules"]:
        assert all(match["path"]["value"] == "/ocr" for match in rule["matches"])
