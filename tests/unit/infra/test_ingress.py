"""A split as Ingress objects, and the split that live ones route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import ingress
from infra.config import StackConfig
from infra.ingress import canary_ingress, main_ingress
from infra.split import Split
from tests.unit.infra.stacks import VERSIONS, stack

NGINX = "nginx.ingress.kubernetes.io"


def on_ingress(
    stable: str = "v1.1",
    canary: Mapping[str, float] | None = None,
    edits: Mapping[str, object] | None = None,
) -> StackConfig:
    return stack(stable, canary, gateway=False, edits=edits)


def both(config: StackConfig) -> list[dict[str, Any]]:
    return [main_ingress(config, "ocr"), canary_ingress(config, "ocr")]


def backend(manifest: Mapping[str, Any]) -> str:
    name: str = manifest["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
    return name


def for_the_controller(manifest: Mapping[str, Any]) -> dict[str, str]:
    annotations: dict[str, str] = manifest["metadata"]["annotations"]
    return {key: value for key, value in annotations.items() if key.startswith(NGINX)}


def read(manifests: list[dict[str, Any]]) -> Split | None:
    return ingress.read_split("ocr", manifests, VERSIONS)


@pytest.mark.parametrize(
    ("weight", "annotations"),
    [
        (0, {"canary-weight": "0"}),
        (5, {"canary-weight": "5"}),
        (100, {"canary-weight": "100"}),
        (2.5, {"canary-weight": "25", "canary-weight-total": "1000"}),
        (0.1, {"canary-weight": "1", "canary-weight-total": "1000"}),
        (99.9, {"canary-weight": "999", "canary-weight-total": "1000"}),
    ],
)
def test_weights_are_whole_numbers_in_the_annotations(
    weight: float, annotations: Mapping[str, str]
) -> None:
    manifest = canary_ingress(on_ingress(canary={"v1.2": weight}), "ocr")
    assert for_the_controller(manifest) == {
        f"{NGINX}/canary": "true",
        **{f"{NGINX}/{key}": value for key, value in annotations.items()},
    }


def test_main_and_canary_have_the_same_host_path_and_namespace() -> None:
    config = on_ingress(canary={"v1.2": 5}, edits={"path": "/ocr", "tls": {"secretName": "cert"}})
    main, canary = both(config)
    assert (backend(main), backend(canary)) == ("ocr-v1-1", "ocr-v1-2")
    assert main["metadata"]["namespace"] == canary["metadata"]["namespace"]
    for each in (main, canary):
        (rule,) = each["spec"]["rules"]
        (path,) = rule["http"]["paths"]
        assert (rule["host"], path["path"], path["pathType"]) == (
            "ocr.example.com",
            "/ocr",
            "Prefix",
        )
        assert each["spec"]["tls"] == [{"hosts": ["ocr.example.com"], "secretName": "cert"}]


def test_testers_reach_the_canary_by_header_and_cookie() -> None:
    config = on_ingress(
        canary={"v1.2": 0}, edits={"match": {"header": "X-Canary", "cookie": "tester"}}
    )
    annotations = canary_ingress(config, "ocr")["metadata"]["annotations"]
    assert annotations[f"{NGINX}/canary-by-header"] == "X-Canary"
    assert annotations[f"{NGINX}/canary-by-cookie"] == "tester"


def test_without_a_canary_the_canary_ingress_stays_on_stable_at_weight_0() -> None:
    main, canary = both(on_ingress(edits={"match": {"header": "X-Canary"}}))
    assert backend(main) == backend(canary)
    assert for_the_controller(canary) == {
        f"{NGINX}/canary": "true",
        f"{NGINX}/canary-weight": "0",
    }


@given(tenths=st.integers(0, 1000))
def test_what_is_written_is_read_back_exactly(tenths: int) -> None:
    split = Split("v1.1", {"v1.2": tenths / 10})
    assert read(both(on_ingress(split.stable, split.canary))) == split


def test_no_canary_is_read_back_as_none() -> None:
    assert read(both(on_ingress())) == Split("v1.1", {})


def test_a_promotion_half_way_reads_as_done() -> None:
    before, after = on_ingress(canary={"v1.2": 100}), on_ingress("v1.2")
    assert read([main_ingress(after, "ocr"), canary_ingress(before, "ocr")]) == Split("v1.2", {})


def test_without_a_main_ingress_nothing_is_routed() -> None:
    assert read([]) is None
    assert read([canary_ingress(on_ingress(canary={"v1.2": 5}), "ocr")]) is None


def test_without_a_canary_ingress_stable_has_everything() -> None:
    assert read([main_ingress(on_ingress(), "ocr")]) == Split("v1.1", {})


def test_the_service_of_a_version_that_nobody_knows_stands_for_itself() -> None:
    found = ingress.read_split("ocr", both(on_ingress(canary={"v1.2": 5})), ["v1.1"])
    assert found == Split("v1.1", {"ocr-v1-2": 5})


@pytest.mark.parametrize(
    ("annotations", "weight"),
    [
        ({"canary-weight": "abc"}, 0),
        ({"canary-weight": "2.5"}, 0),
        ({"canary-weight": "-5"}, 0),
        ({"canary-weight": "150"}, 100),
        ({"canary-weight": "1", "canary-weight-total": "0"}, 0),
        ({"canary-weight": "1", "canary-weight-total": "4"}, 25),
        ({}, 0),
    ],
)
def test_weights_written_by_hand_are_read_as_the_controller_reads_them(
    annotations: Mapping[str, str], weight: float
) -> None:
    main, canary = both(on_ingress(canary={"v1.2": 5}))
    canary["metadata"]["annotations"] = {
        f"{NGINX}/{key}": value for key, value in annotations.items()
    }
    assert read([main, canary]) == Split("v1.1", {"v1.2": weight})
