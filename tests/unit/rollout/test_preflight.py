"""What a rollout is refused for before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from infra.config import load_file, parse
from infra.split import Split
from rollout.preflight import Facts, Pods, objections
from tests.unit.config.edits import edited
from tests.unit.config.test_pools_refused import POOL, eks, karpenter

CONFIG = load_file(Path(__file__).parents[3] / "Pulumi.prod.yaml")
READY = Facts(
    live=Split("v1.1", {"v1.2": 0}),
    pods={"v1.1": Pods(4, 4, 4), "v1.2": Pods(0, 0, 2)},
    spare={"gpu-canary": 2},
    alerts={"v1.1": (), "v1.2": ()},
)

CASES: dict[str, tuple[Facts, str, str]] = {
    "a version that does not exist": (
        READY,
        "v9",
        "models.ocr.versions: found no v9; add it, or release one of v1.1, v1.2",
    ),
    "the stable version itself": (READY, "v1.1", "models.ocr.stable: v1.1 is stable already"),
    "a file that is behind the cluster": (
        replace(READY, live=Split("v1.2", {})),
        "v1.3",
        "the file says v1.1, the cluster routes v1.2; run pulumi up, or correct the file",
    ),
    "a canary that has traffic already": (
        replace(READY, live=Split("v1.1", {"v1.2": 5})),
        "v1.2",
        'models.ocr.canary["v1.2"]: has 5% already; set it to 0 and run pulumi up, then begin',
    ),
    "another canary": (
        replace(READY, live=Split("v1.1", {"v1.0": 0})),
        "v1.2",
        'models.ocr.canary["v1.0"]: is still there at 0%; remove it',
    ),
    "a stable that cannot carry a roll-back": (
        replace(READY, pods={"v1.1": Pods(4, 3, 4)}),
        "v1.2",
        "ocr v1.1 has 3 of 4 pods ready; a roll-back needs all of them",
    ),
    "a full pool": (
        replace(READY, spare={"gpu-canary": 1}),
        "v1.2",
        "pool gpu-canary has 1 spare nvidia.com/gpu, ocr v1.2 needs 2; add nodes",
    ),
    "an alert": (
        replace(READY, alerts={"v1.1": ("HighModelErrorRate",)}),
        "v1.2",
        "critical alerts fire for v1.1: HighModelErrorRate; wait until they end",
    ),
    "a model without a route": (
        replace(READY, live=None),
        "v1.2",
        "models.ocr: has no route in the cluster; run pulumi up first",
    ),
}


@pytest.mark.parametrize(("facts", "new", "told"), CASES.values(), ids=CASES)
def test_is_refused_for(facts: Facts, new: str, told: str) -> None:
    assert any(told in each for each in objections(CONFIG, "ocr", new, facts))


def test_nothing_stands_against_a_sound_start() -> None:
    assert objections(CONFIG, "ocr", "v1.2", READY) == ()


def test_pods_that_run_already_need_no_room() -> None:
    facts = replace(READY, spare={}, pods={**READY.pods, "v1.2": Pods(2, 2, 2)})
    assert objections(CONFIG, "ocr", "v1.2", facts) == ()


def test_an_unknown_model_is_told_the_known_ones() -> None:
    assert objections(CONFIG, "orc", "v1.2", READY) == (
        "models: found no orc; write one of layout, ocr",
    )


@pytest.mark.parametrize(
    "edits", [karpenter(), eks(), {f"{POOL}/dra": {}}], ids=["karpenter", "cloud", "claims"]
)
def test_room_is_not_counted_where_nodes_are_made_or_devices_claimed(
    edits: Mapping[str, object],
) -> None:
    """A pod that waits is what makes a node; what is claimed is in no node's status."""
    pool = parse(edited(edits)).node_pools["gpu-canary"]
    pools = {**CONFIG.node_pools, "gpu-canary": pool}
    config = CONFIG.model_copy(update={"node_pools": pools})
    assert objections(config, "ocr", "v1.2", replace(READY, spare={})) == ()
