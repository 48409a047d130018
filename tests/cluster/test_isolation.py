"""A canary pool without a free accelerator, on the real scheduler: the canary waits, stable stays.

Both nodes offer four MIG devices, which are only counted: no other test asks for these, so that
none of theirs has a part in what is free.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.cluster.node import PAUSE_IMAGE
from tests.cluster import serving
from tests.cluster.stacks import POOLS, VERSIONS, Platform, Stack

CARDS = 4
CARD = "nvidia.com/mig-1g.10gb"
NODE = "gpu-node-2"
NAME = "isolation"


@pytest.fixture(scope="module")
def devices(platform: Platform) -> Iterator[None]:
    """The nodes' MIG devices, as a device plugin advertises them."""
    advertise(platform, str(CARDS))
    yield
    advertise(platform, None)


def advertise(platform: Platform, devices: str | None) -> None:
    status = {"status": {key: {CARD: devices} for key in ("capacity", "allocatable")}}
    for node in (node for pool in POOLS.values() for node in pool["nodes"]):
        platform.kubectl("patch", "node", node, "--subresource=status", "-p", json.dumps(status))


@pytest.fixture(scope="module")
def stack(new_stack: Callable[[str], Stack], devices: None) -> Iterator[Stack]:
    """v1.1 serves; nobody has asked for v1.2 yet."""
    made = new_stack(NAME)
    assert update(made, {"v1.1": {}}, {}) == 0
    yield made
    made.pulumi("destroy", "--yes", "--skip-preview")


def update(stack: Stack, versions: dict[str, dict[str, Any]], canary: dict[str, float]) -> int:
    """Bring the stack there, with pools that say how many accelerators they have.

    Returns the status of the update.
    """
    pools = {name: {**pool, "accelerator": CARD, "cards": CARDS} for name, pool in POOLS.items()}
    model = {
        "host": f"{NAME}.example.com",
        "stable": "v1.1",
        "canary": canary,
        "versions": {name: {**VERSIONS[name], **more} for name, more in versions.items()},
        "rollout": {"window": serving.SOON},
    }
    stack.write({serving.MODEL: model}, nodePools=pools)
    return stack.up().status


@pytest.fixture
def full_pool(stack: Stack) -> Iterator[None]:
    """Somebody else's pod has all devices of the canary's node, at a lower priority."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "batch", "namespace": "default"},
        "spec": {
            "nodeName": NODE,
            "terminationGracePeriodSeconds": 0,
            "tolerations": [{"operator": "Exists"}],
            "containers": [
                {
                    "name": "batch",
                    "image": PAUSE_IMAGE,
                    "imagePullPolicy": "Never",
                    "resources": {"limits": {CARD: CARDS}},
                }
            ],
        },
    }
    stack.platform.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    ready = ("--for=condition=Ready", "--timeout=60s")
    stack.platform.kubectl("wait", "pod", "-n", "default", "batch", *ready)
    yield
    stack.platform.kubectl("delete", "pod", "-n", "default", "batch", "--wait")


def events(stack: Stack, reason: str) -> str:
    """Messages of the events with a reason, as soon as there is one."""
    for _ in range(60):
        found = stack.platform.kubectl(
            *("get", "events", "-n", NAME, "--field-selector", f"reason={reason}"),
            *("-o", "jsonpath={.items[*].message}"),
        )
        if found:
            return found
        time.sleep(1)
    raise AssertionError(f"no event {reason}")


def pods(stack: Stack, version: str) -> list[dict[str, Any]]:
    found = stack.platform.kubectl(
        *("get", "pods", "-n", NAME, "-l", f"paddle-canary.dev/version={version}", "-o", "json")
    )
    items: list[dict[str, Any]] = json.loads(found)["items"]
    return items


@pytest.mark.usefixtures("full_pool")
def test_on_a_full_pool_the_canary_waits_and_takes_nobodys_place(stack: Stack) -> None:
    (stable,) = pods(stack, "v1.1")
    waiting = {"readyTimeout": "20s"}

    status = update(stack, {"v1.1": {}, "v1.2": waiting}, {"v1.2": 5})

    assert status != 0
    assert f"Insufficient {CARD}" in events(stack, "FailedScheduling")
    (canary,) = pods(stack, "v1.2")
    assert canary["spec"]["priority"] < stable["spec"]["priority"]
    assert canary["spec"]["preemptionPolicy"] == "Never"
    assert canary["status"]["phase"] == "Pending"
    stack.platform.kubectl("get", "pod", "-n", "default", "batch")
    assert [each["metadata"]["uid"] for each in pods(stack, "v1.1")] == [stable["metadata"]["uid"]]
    assert stack.platform.answers(f"{NAME}.example.com", 5) == {"v1.1": 5}


def test_a_canary_that_is_scaled_by_hand_stops_at_the_cards_of_its_track(stack: Stack) -> None:
    scale = ("scale", "deployment", "-n", NAME, "ocr-v1-2", f"--replicas={CARDS + 2}")
    stack.platform.kubectl(*scale)

    message = events(stack, "FailedCreate")

    assert "exceeded quota: canary" in message
    assert f"limited: requests.{CARD}={CARDS}" in message
    assert len(pods(stack, "v1.2")) <= CARDS
