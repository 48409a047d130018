"""What a release engineer sees when an update fails, and that traffic stays as it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.serving import HOST, begin, jump, models
from tests.cluster.stacks import POOLS, Platform, Run, Stack, finish

BEGIN = ("v1.1", {"v1.2": 20})
SERVED = ("ocr-v1-1", {"ocr-v1-2": 20})
GONE = "gpu-node-gone"
HTTP_ROUTES = "httproutes.gateway.networking.k8s.io"


# Long enough for the node to say why, on a busy machine too.
PATIENCE = {"readyTimeout": "8s"}
NOT_THERE = {"v1.3": {"image": "paddle-canary.local/ocr:v9.9", **PATIENCE}}
NEVER_READY = {"v1.4": {"image": "paddle-canary.local/pause:1", **PATIENCE}}


@pytest.fixture
def stack(serving_stack: Stack) -> Stack:
    """A stack whose requests real pods answer: v1.1 four of five, v1.2 the fifth."""
    begin(serving_stack, BEGIN)
    wait_for(lambda: set(serving_stack.platform.answers(HOST, 5)) == {"v1.1", "v1.2"})
    return serving_stack


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.2)


def assert_failed_and_nothing_moved(stack: Stack, done: Run, *words: str) -> None:
    assert done.status != 0
    for word in words:
        assert word in done.text
    assert "Traceback" not in done.text
    assert stack.routed("ocr") == SERVED
    # Who answers, and not how often: each change in the cluster restarts the gateway's counting.
    assert set(stack.platform.answers(HOST, 10)) == {"v1.1", "v1.2"}


def test_an_unreachable_cluster_is_named(stack: Stack, tmp_path: Path) -> None:
    way = tmp_path / "kubeconfig"
    view = json.loads(stack.platform.kubectl("config", "view", "--raw", "-o", "json"))
    view["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    way.write_text(json.dumps(view))
    stack.write(models(("v1.1", {"v1.2": 5})))
    done = stack.up(KUBECONFIG=str(way))
    assert_failed_and_nothing_moved(
        stack,
        done,
        "the cluster https://127.0.0.1:1 does not answer",
        "nothing was changed",
        "check that KUBECONFIG or kubernetes:context names the right one",
    )


def test_a_cluster_without_the_gateway_api_is_told_how_to_get_it(stack: Stack) -> None:
    kubectl = stack.platform.kubectl
    saved = json.loads(kubectl("get", "crd", HTTP_ROUTES, "-o", "json"))
    del saved["status"], saved["metadata"]["resourceVersion"], saved["metadata"]["uid"]
    gateway = {"name": "paddle-canary", "namespace": "traefik"}
    stack.write(models(("v1.1", {"v1.2": 5})), dataPlane="gateway", gateway=gateway)
    kubectl("delete", "crd", HTTP_ROUTES)
    try:
        done = stack.up()
    finally:
        kubectl("create", "-f", "-", stdin=json.dumps(saved))
        kubectl("wait", "--for=condition=Established", "--timeout=30s", f"crd/{HTTP_ROUTES}")
    assert_failed_and_nothing_moved(
        stack,
        done,
        f"does not know {HTTP_ROUTES}",
        "nothing was changed",
        "install the Gateway API CRDs, or write dataPlane: ingress",
    )


def test_a_pool_with_a_node_that_does_not_exist_is_refused(stack: Stack) -> None:
    split = ("v1.1", {"v1.2": 50})
    stack.write(models(split), nodePools=pools("gpu-node-2", GONE), override=jump(split))
    done = stack.up()
    assert_failed_and_nothing_moved(
        stack,
        done,
        f"nodePools.gpu-canary.nodes: the cluster has no node {GONE}",
        "nothing was changed",
        "correct the name (kubectl get nodes), or, if it is gone",
    )
    assert GONE not in stack.platform.kubectl("get", "nodes", "-o", "name")


def test_an_image_that_cannot_be_pulled_is_named_with_its_pod(stack: Stack) -> None:
    before = stack.outputs()
    stack.write(models(("v1.1", {"v1.3": 5}), NOT_THERE))
    done = stack.up()
    assert_failed_and_nothing_moved(
        stack, done, "Deployment (ocr-v1-3)", "[Pod serving/ocr-v1-3-", "ocr:v9.9", "pull"
    )
    assert stack.outputs() == before


def test_a_pod_that_never_gets_ready_holds_up_its_weight_and_no_roll_back(stack: Stack) -> None:
    before = stack.outputs()
    stack.write(models(("v1.1", {"v1.4": 5}), NEVER_READY))
    done = stack.up()
    assert_failed_and_nothing_moved(
        stack,
        done,
        "Deployment (ocr-v1-4)",
        "timed out waiting to be Ready",
        "containers with unready status: [server]",
    )
    assert stack.outputs() == before

    stack.write(models(("v1.1", {"v1.2": 0}), NEVER_READY))
    rolling_back = stack.start_up()
    wait_for(lambda: stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-2": 0}))
    waiting = rolling_back.poll() is None
    done = finish(rolling_back)

    assert waiting, "the roll-back must be live while pods are still waited for"
    assert done.status != 0
    assert stack.platform.answers(HOST, 10) == {"v1.1": 10}
    assert stack.outputs()["ocr"]["canary"] == {"v1.2": 0}


@pytest.fixture
def extra_node(platform: Platform) -> Iterator[str]:
    """A node that a test may delete: no machine stands behind it."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": GONE}}
    platform.kubectl("create", "-f", "-", stdin=json.dumps(node))
    yield GONE
    # To take its patch back from a node that is gone, the provider makes that node.
    platform.kubectl("delete", "node", GONE, "--ignore-not-found")


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_node_that_is_gone_holds_up_no_roll_back(
    stack: Stack, extra_node: str, refreshed: bool
) -> None:
    stack.write(models(BEGIN), nodePools=pools("gpu-node-2", extra_node))
    done = stack.up()
    assert done.status == 0, done.text
    stack.platform.kubectl("delete", "node", extra_node)
    if refreshed:
        assert stack.pulumi("refresh", "--yes", "--skip-preview").status == 0

    stack.write(models(("v1.1", {"v1.2": 0})), nodePools=pools("gpu-node-2", extra_node))
    done = stack.up()

    assert done.status == 0, done.text
    assert f"the cluster has no node {extra_node}" in done.text
    assert stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-2": 0})
    assert stack.platform.answers(HOST, 10) == {"v1.1": 10}


def pools(*canary_nodes: str) -> dict[str, Any]:
    return {**POOLS, "gpu-canary": {**POOLS["gpu-canary"], "nodes": list(canary_nodes)}}
