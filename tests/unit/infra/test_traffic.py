"""Which routes a model has, at which address, and which pods they wait for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from infra.traffic import must_be_ready, routes, url
from tests.unit.infra.stacks import NOON, record, stack


def test_data_plane_ingress_routes_by_two_objects_main_first() -> None:
    found = routes(stack(canary={"v1.2": 5}, gateway=False), "ocr")
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("Ingress", "ocr"),
        ("Ingress", "ocr-canary"),
    ]


def test_data_plane_gateway_routes_by_one_object() -> None:
    found = routes(stack(canary={"v1.2": 5}), "ocr")
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [("HTTPRoute", "ocr")]


@pytest.mark.parametrize("gateway", [False, True])
def test_routes_that_were_found_changed_are_written_anew(gateway: bool) -> None:
    config = stack(canary={"v1.2": 5}, gateway=gateway)
    for plain, corrected in zip(
        routes(config, "ocr"), routes(config, "ocr", corrected=NOON), strict=True
    ):
        assert corrected != plain
        assert corrected["spec"] == plain["spec"]


@pytest.mark.parametrize(
    ("canary", "waited_for"),
    [
        ({"v1.2": 20}, {"v1.2"}),
        ({"v1.2": 5}, set()),
        ({"v1.2": 0}, set()),
        ({}, set()),
        ({"v1.2": 0, "v1.3": 5}, {"v1.3"}),
    ],
)
def test_the_routes_wait_for_what_gets_more_and_for_nothing_else(
    canary: Mapping[str, float], waited_for: set[str]
) -> None:
    last = record(canary={"v1.2": 5})
    assert must_be_ready(stack(canary=canary).models["ocr"], last) == waited_for


def test_the_routes_wait_for_a_version_that_they_did_not_know() -> None:
    # An Ingress whose Service is still to be made never counts as done.
    model = stack(canary={"v1.2": 0}).models["ocr"]
    assert must_be_ready(model, record()) == {"v1.2"}


def test_a_first_deployment_waits_for_every_version_with_a_route() -> None:
    assert must_be_ready(stack(canary={"v1.2": 0}).models["ocr"], None) == {"v1.1", "v1.2"}


def test_a_promotion_waits_for_the_new_stable() -> None:
    assert must_be_ready(stack("v1.2").models["ocr"], record(canary={"v1.2": 100})) == {"v1.2"}


@pytest.mark.parametrize(
    ("edits", "address"),
    [
        ({}, "http://ocr.example.com"),
        ({"path": "/ocr"}, "http://ocr.example.com/ocr"),
        ({"tls": {"secretName": "ocr"}}, "https://ocr.example.com"),
    ],
)
def test_the_url_is_where_clients_reach_the_model(
    edits: Mapping[str, object], address: str
) -> None:
    assert url(stack(gateway=False, edits=edits), "ocr") == address
