"""Real requests to real pods while a release goes through everything that happens to one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from local.demo.pods import first_process
from local.load.answers import deviation, lost_outside, tally, worst_block
from local.load.client import Target, ask
from local.load.generator import Load, pages
from tests.cluster.stacks import Platform, Stack

# Seconds after an update until the gateway routes by it.
LIVE = 2.5
MEASURED = 2000
# What two cores read while they run Pulumi and a cluster too, requests a second.
RATE = 4
CANARY_NODE = "gpu-node-2"
VERSIONS = {
    version: {
        "image": f"paddle-canary.local/ocr:{version}",
        "pool": pool,
        "resources": {"cpu": "100m", "memory": "2Gi"},
    }
    for version, pool in {"v1.1": "gpu-stable", "v1.2": "gpu-canary"}.items()
}
PLANES: Mapping[str, Mapping[str, Any]] = {
    "ingress": {},
    "gateway": {
        "dataPlane": "gateway",
        "gateway": {"name": "paddle-canary", "namespace": "traefik"},
    },
}


@dataclass(frozen=True)
class Release:
    """The model `ocr` on one data plane, v1.1 stable and v1.2 its candidate."""

    stack: Stack
    plane: str

    @property
    def target(self) -> Target:
        return Target(self.stack.platform.url, f"{self.stack.name}.example.com")

    def as_tester(self, **headers: str) -> set[str | None]:
        """The versions that answer somebody who sends `headers`."""
        target = Target(self.target.url, self.target.host, headers)
        return {answer.version for answer in ask(target, 10)}

    def write(self, stable: str, canary: Mapping[str, int], parked: str | None = None) -> None:
        versions = {
            name: {**version, "replicas": int(name != parked)} for name, version in VERSIONS.items()
        }
        ocr = {
            "host": self.target.host,
            "stable": stable,
            "canary": dict(canary),
            "match": {"header": "X-Canary", "cookie": "canary"},
            "versions": versions,
            "rollout": {"steps": [5, 20, 100], "window": "1s"},
        }
        self.stack.write({"ocr": ocr}, **PLANES[self.plane])

    def up(self, stable: str, canary: Mapping[str, int], parked: str | None = None) -> str:
        """Update the stack, wait until it is live, and return what Pulumi printed."""
        self.write(stable, canary, parked)
        run = self.stack.up()
        assert run.status == 0, run.text
        time.sleep(LIVE)
        return run.text

    def pods(self) -> dict[str, tuple[str, int]]:
        """UID -> node and restarts."""
        return {
            pod["metadata"]["uid"]: (
                pod["spec"]["nodeName"],
                sum(status["restartCount"] for status in pod["status"]["containerStatuses"]),
            )
            for pod in self._objects("pods")
        }

    def pod(self, version: str) -> dict[str, Any]:
        """The only pod of a version that is not about to end."""
        (found,) = (
            pod
            for pod in self._objects("pods", f"paddle-canary.dev/version={version}")
            if "deletionTimestamp" not in pod["metadata"]
        )
        return found

    def events(self, name: str) -> Sequence[str]:
        """What the cluster says about the object `name`."""
        return [
            f"{event['reason']}: {event['message']}"
            for event in self._objects("events")
            if event["involvedObject"]["name"] == name
        ]

    def wait_ready(self, version: str) -> None:
        self.stack.platform.kubectl(
            *("rollout", "status", f"deployment/ocr-{version.replace('.', '-')}"),
            *("-n", self.stack.name, "--timeout=180s"),
        )

    def _objects(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.stack.platform.kubectl(
                *("get", kind, "-n", self.stack.name, "-l", selector, "-o", "json")
            )
        )["items"]
        return found


@pytest.fixture(scope="module", params=list(PLANES))
def release(request: pytest.FixtureRequest, new_stack: Callable[[str], Stack]) -> Iterator[Release]:
    stack = new_stack(f"traffic-{request.param}")
    init = stack.pulumi("stack", "init")
    assert init.status == 0, init.text
    release = Release(stack, request.param)
    release.up("v1.1", {})
    yield release
    stack.platform.kubectl("delete", "deployments", "--all", "-n", stack.name, "--wait=false")


@pytest.fixture
def fallback(release: Release) -> Release:
    """A data plane on which stable answers for a canary that has no pod."""
    if release.plane != "ingress":
        pytest.skip("an HTTPRoute answers for a missing pod with 503: budgets keep it from leaving")
    return release


@contextmanager
def under_load(release: Release) -> Iterator[Load]:
    """Real OCR requests all the while, of which none may fail."""
    with Load(release.target, pages(), RATE) as load:
        begun = load.mark()
        yield load
        answers = load.since(begun)
    assert answers
    assert tally(answers).failed == 0, tally(answers)


def test_canary_and_stable_run_on_different_nodes(release: Release) -> None:
    nodes = {version: release.pod(version)["spec"]["nodeName"] for version in VERSIONS}

    assert nodes == {"v1.1": "gpu-node-1", "v1.2": CANARY_NODE}


def test_a_changed_weight_updates_one_object_in_place_and_touches_no_pod(release: Release) -> None:
    release.up("v1.1", {"v1.2": 0})
    pods = release.pods()

    changed = release.up("v1.1", {"v1.2": 5})
    again = release.up("v1.1", {"v1.2": 5})

    assert re.search(r"^ +~ 1 updated\n +\d+ unchanged$", changed, re.MULTILINE), changed
    assert re.search(r"^Resources:\n +\d+ unchanged$", again, re.MULTILINE), again
    assert release.pods() == pods


@pytest.mark.parametrize("weight", [5, 20])
def test_the_split_is_the_configured_one(release: Release, weight: int) -> None:
    release.up("v1.1", {"v1.2": weight})

    answers = ask(release.target, MEASURED)

    assert tally(answers).failed == 0
    if release.plane == "ingress":
        assert worst_block([answer.version for answer in answers], "v1.2", weight) <= 1
    else:
        assert deviation(tally(answers), "v1.2", weight) <= 1


def test_testers_reach_the_canary_at_weight_0_by_header_and_by_cookie(release: Release) -> None:
    release.up("v1.1", {"v1.2": 0})

    assert release.as_tester() == {"v1.1"}
    assert release.as_tester(**{"X-Canary": "always"}) == {"v1.2"}
    assert release.as_tester(Cookie="theme=dark; canary=always") == {"v1.2"}
    assert release.as_tester(**{"X-Canary": "never"}) == {"v1.1"}


def test_a_release_taken_back_and_one_promoted_lose_no_request(release: Release) -> None:
    release.up("v1.1", {"v1.2": 5})

    with under_load(release):
        for stable, canary in (
            ("v1.1", {"v1.2": 20}),
            ("v1.1", {"v1.2": 0}),
            ("v1.1", {"v1.2": 5}),
            ("v1.1", {"v1.2": 20}),
            ("v1.1", {"v1.2": 100}),
            ("v1.2", {}),
        ):
            release.up(stable, canary)
        promoted = ask(release.target, 20)
        release.up("v1.1", {})

    assert tally(promoted).versions == {"v1.2": 20}
    assert tally(ask(release.target, 20)).versions == {"v1.1": 20}


def test_a_drain_waits_for_the_canary_and_loses_no_request(release: Release) -> None:
    release.up("v1.1", {"v1.2": 5})
    platform = release.stack.platform

    with under_load(release):
        try:
            refused = _drain(platform, "--timeout=3s")
            uncovered = tally(ask(release.target, 100)).versions["v1.2"]
            release.up("v1.1", {}, parked="v1.2")
            drained = _drain(platform)
        finally:
            platform.kubectl("uncordon", CANARY_NODE)
        release.up("v1.1", {"v1.2": 5})

    assert "would violate the pod's disruption budget" in refused
    assert uncovered == pytest.approx(5, abs=1)
    assert f"node/{CANARY_NODE} drained" in drained


def test_a_killed_canary_pod_loses_no_request_but_those_inside(fallback: Release) -> None:
    _give_all(fallback)
    process = first_process(fallback.pod("v1.2")["metadata"]["uid"])

    with Load(fallback.target, pages(), RATE) as load:
        begun = load.mark()
        load.wait_for(RATE, begun)
        killed = load.mark()
        os.kill(process, signal.SIGKILL)
        time.sleep(LIVE)
        fallback.wait_ready("v1.2")
        time.sleep(LIVE)
        answers = load.since(begun)

    assert tally(answers).versions.keys() == {"v1.1", "v1.2"}
    assert lost_outside(answers, killed) == 0, tally(answers)


def test_without_the_canarys_node_its_pod_is_pending_and_stable_is_untouched(
    fallback: Release,
) -> None:
    _give_all(fallback)
    kubectl = fallback.stack.platform.kubectl
    stable = fallback.pod("v1.1")

    try:
        kubectl("cordon", CANARY_NODE)
        name = fallback.pod("v1.2")["metadata"]["name"]
        kubectl("delete", "pod", name, "-n", fallback.stack.name)
        pending = fallback.pod("v1.2")
        events = fallback.events(pending["metadata"]["name"])

        assert pending["status"]["phase"] == "Pending"
        assert any("FailedScheduling: 0/2 nodes are available" in event for event in events), events
        assert fallback.pod("v1.1")["status"] == stable["status"]
        assert tally(ask(fallback.target, 100)).versions == {"v1.1": 100}
    finally:
        kubectl("uncordon", CANARY_NODE)


def _drain(platform: Platform, *flags: str) -> str:
    """What `kubectl drain` says, done or not."""
    return subprocess.run(
        ["kubectl", "drain", CANARY_NODE, "--delete-emptydir-data", *flags],
        env=platform.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout


def _give_all(release: Release) -> None:
    """Raise the canary to 100%."""
    for weight in (5, 20, 100):
        release.up("v1.1", {"v1.2": weight})
