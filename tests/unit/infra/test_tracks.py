"""Priorities and quotas of tracks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from infra.config import StackConfig, parse
from infra.model import deployment
from infra.tracks import priority_classes, quotas
from tests.unit.config.edits import edited
from tests.unit.config.test_pools_refused import karpenter

STABLE, CANARY = "nodePools/gpu-stable", "nodePools/gpu-canary"
SHARES = {"provider": "existing", "nodes": ["n"], "share": {"memory": 8192}, "track": "canary"}


def stack(edits: Mapping[str, object] | None = None) -> StackConfig:
    return parse(edited(edits or {}))


def priority(config: StackConfig, version: str) -> str:
    name: str = deployment(config, "ocr", version)["spec"]["template"]["spec"]["priorityClassName"]
    return name


def hard(config: StackConfig) -> dict[str, dict[str, str]]:
    return {each["metadata"]["name"]: each["spec"]["hard"] for each in quotas(config)}


def test_a_canary_is_below_stable_and_preempts_nobody() -> None:
    config = stack()
    classes = {each["metadata"]["name"]: each for each in priority_classes(config)}
    stable, canary = classes[priority(config, "v1.1")], classes[priority(config, "v1.2")]
    assert 0 < canary["value"] < stable["value"]
    assert canary["preemptionPolicy"] == "Never"


def test_two_stacks_in_a_cluster_have_classes_of_their_own() -> None:
    names = [
        {each["metadata"]["name"] for each in priority_classes(stack({"namespace": namespace}))}
        for namespace in ("one", "two")
    ]
    assert not names[0] & names[1]


def test_a_promotion_changes_the_priority_of_nobody() -> None:
    promoted = stack({"models/ocr/stable": "v1.2", "models/ocr/canary": {}})
    for version in ("v1.1", "v1.2"):
        assert priority(promoted, version) == priority(stack(), version)


def test_a_stack_with_one_track_has_one_class() -> None:
    shared = {CANARY: {"provider": "existing", "nodes": ["node-2"], "track": "stable"}}
    assert len(list(priority_classes(stack(shared)))) == 1


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({}, {}),
        ({f"{CANARY}/cards": 4}, {"canary": {"requests.nvidia.com/gpu": "4"}}),
        (
            {f"{STABLE}/cards": 8, f"{CANARY}/cards": 4},
            {
                "stable": {"requests.nvidia.com/gpu": "8"},
                "canary": {"requests.nvidia.com/gpu": "4"},
            },
        ),
        (karpenter(), {"canary": {"requests.nvidia.com/gpu": "8"}}),
        ({f"{CANARY}/accelerator": "none"}, {}),
        ({f"{CANARY}/cards": 4, f"{CANARY}/dra": {}}, {}),
        # One pool whose cards nobody counted leaves the whole track open.
        (
            {
                f"{CANARY}/cards": 4,
                "nodePools/other": {"provider": "existing", "nodes": ["n"], "track": "canary"},
            },
            {},
        ),
        (
            {
                f"{CANARY}/cards": 4,
                "nodePools/other": {
                    "provider": "existing",
                    "nodes": ["n"],
                    "accelerator": "kunlunxin.com/xpu",
                    "track": "canary",
                },
            },
            {"canary": {"requests.nvidia.com/gpu": "4"}},
        ),
        # Shares beside whole cards: the sum is of both, their memory is of shares alone.
        (
            {f"{CANARY}/cards": 4, "nodePools/shares": {**SHARES, "cards": 20}},
            {
                "canary": {
                    "requests.nvidia.com/gpu": "24",
                    "requests.nvidia.com/gpumem": "163840",
                }
            },
        ),
        ({f"{CANARY}/cards": 4, "nodePools/shares": SHARES}, {}),
    ],
    ids=str,
)
def test_a_track_may_request_what_its_pools_have_where_all_of_them_say_it(
    edits: Mapping[str, object], expected: dict[str, dict[str, str]]
) -> None:
    assert hard(stack(edits)) == expected


def test_a_quota_counts_the_pods_of_its_track_alone() -> None:
    config = stack({f"{CANARY}/cards": 4})
    (quota,) = quotas(config)
    (scope,) = quota["spec"]["scopeSelector"]["matchExpressions"]
    assert scope["scopeName"] == "PriorityClass"
    assert scope["values"] == [priority(config, "v1.2")]
    assert quota["metadata"]["namespace"] == config.namespace
