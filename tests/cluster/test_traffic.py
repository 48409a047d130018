"""Real requests to real pods while a release goes through everything that happens to one."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest

from local.demo.pods import first_process, kill
from local.load.answers import Answer, deviation, lost_outside, tally, worst_block
from local.load.client import Client, Target, ask
from local.load.generator import Load, pages
from tests.cluster.serving import HOST, MODEL, SOON, begin, models
from tests.cluster.stacks import VERSIONS, Stack
from tests.cluster.watched import eventually

# Seconds after an update until the gateway routes by it, and until the guard lets the next step.
LIVE = 1.5
MEASURED = 2000
# Requests a second: pages, of which two cores read more beside Pulumi and a cluster, and others,
# which cost no reading, so that no moment of a change goes by unseen.
PAGES, OTHERS = 2, 10
PLAN = (5, 20, 100)
CANARY_NODE = "gpu-node-2"
TESTER = {"X-Canary": "always"}
PLANES: Mapping[str, Mapping[str, Any]] = {
    "ingress": {},
    "gateway": {
        "dataPlane": "gateway",
        "gateway": {"name": "paddle-canary", "namespace": "traefik"},
    },
}


@dataclass
class Release:
    """v1.1 stable and v1.2 its candidate, on one data plane.

    `weight` is v1.2's that is live, None while it is no canary or an update has not succeeded.
    """

    stack: Stack
    plane: str
    weight: int | None = None

    @property
    def target(self) -> Target:
        return Target(self.stack.platform.url, HOST)

    def as_tester(self, **headers: str) -> set[str | None]:
        """The versions that answer somebody who sends `headers`."""
        target = Target(self.target.url, self.target.host, headers)
        return {answer.version for answer in ask(target, 10)}

    def at(self, weight: int) -> None:
        """Lead the release to a weight of the plan, or 0, from where it is, and let it be live."""
        before = self.weight or 0
        if weight < before or (weight == 0 and self.weight is None):
            self.up("v1.1", {"v1.2": weight})
        for step in PLAN:
            if before < step <= weight:
                self.up("v1.1", {"v1.2": step})

    def up(self, stable: str, canary: Mapping[str, int], parked: str | None = None) -> str:
        """Update the stack, wait until it is live, and return what Pulumi printed."""
        said = self.update(stable, canary, parked)
        time.sleep(LIVE)
        self.weight = canary.get("v1.2")
        return said

    def update(self, stable: str, canary: Mapping[str, int], parked: str | None = None) -> str:
        """Update the stack, and return what Pulumi printed."""
        self.weight = None
        model = models(
            (stable, canary),
            match={"header": "X-Canary", "cookie": "canary"},
            versions={
                name: {**version, "replicas": int(name != parked)}
                for name, version in VERSIONS.items()
            },
            rollout={"steps": list(PLAN), "window": SOON},
        )
        self.stack.write(model, **PLANES[self.plane])
        run = self.stack.up()
        assert run.status == 0, run.text
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

    def deployment(self, version: str) -> str:
        return f"{MODEL}-{version.replace('.', '-')}"

    def wait_ready(self, version: str) -> None:
        self.stack.platform.kubectl(
            *("rollout", "status", f"deployment/{self.deployment(version)}"),
            *("-n", self.stack.name, "--timeout=180s"),
        )

    def _objects(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.stack.platform.kubectl(
                *("get", kind, "-n", self.stack.name, "-l", selector, "-o", "json")
            )
        )["items"]
        return found


@pytest.fixture(scope="module")
def stack(serving_stack: Stack) -> Stack:
    begin(serving_stack, ("v1.1", {}))
    return serving_stack


@pytest.fixture(scope="module", params=list(PLANES))
def release(request: pytest.FixtureRequest, stack: Stack) -> Release:
    """The release on one data plane, and then the same pods on the other."""
    release = Release(stack, request.param)
    release.at(0)
    for version in VERSIONS:
        release.wait_ready(version)
    # The canary's pod may have come back a moment ago: the gateway hears of it after the cluster.
    eventually("a tester reaches v1.2", lambda: release.as_tester(**TESTER) == {"v1.2"}, 30)
    return release


on_ingress = pytest.mark.parametrize("release", ["ingress"], indirect=True)
# Where stable answers for a canary that has no pod; an HTTPRoute answers 503 for its share.
with_fallback = on_ingress


@contextmanager
def under_load(release: Release) -> Iterator[None]:
    """Real OCR requests all the while, and others between them, of which none may fail."""
    with Load(release.target, pages(), PAGES) as load, ThreadPoolExecutor() as pool:
        begun, over = load.mark(), Event()
        others = pool.submit(_ask_until, over, release.target)
        try:
            yield
        finally:
            over.set()
        answers = load.since(begun)
    for each in (answers, others.result()):
        assert each
        assert tally(each).failed == 0, tally(each)


def _ask_until(over: Event, target: Target) -> list[Answer]:
    client, answers = Client(target), []
    while not over.wait(1 / OTHERS):
        answers.append(client.who_answers())
    client.close()
    return answers


def test_canary_and_stable_run_on_different_nodes(release: Release) -> None:
    nodes = {version: release.pod(version)["spec"]["nodeName"] for version in VERSIONS}

    assert nodes == {"v1.1": "gpu-node-1", "v1.2": CANARY_NODE}


def test_testers_reach_the_canary_at_weight_0_by_header_and_by_cookie(release: Release) -> None:
    release.at(0)

    assert release.as_tester() == {"v1.1"}
    assert release.as_tester(**TESTER) == {"v1.2"}
    assert release.as_tester(Cookie="theme=dark; canary=always") == {"v1.2"}
    assert release.as_tester(**{"X-Canary": "never"}) == {"v1.1"}


def test_a_changed_weight_updates_one_object_in_place_and_touches_no_pod(release: Release) -> None:
    release.at(0)
    pods = release.pods()

    changed = release.update("v1.1", {"v1.2": 5})
    again = release.up("v1.1", {"v1.2": 5})

    assert re.search(r"^ +~ 1 updated\n +\d+ unchanged$", changed, re.MULTILINE), changed
    assert re.search(r"^Resources:\n +\d+ unchanged$", again, re.MULTILINE), again
    assert release.pods() == pods


@pytest.mark.parametrize("weight", [5, 20])
def test_the_split_is_the_configured_one(release: Release, weight: int) -> None:
    release.at(weight)

    answers = ask(release.target, MEASURED)

    assert tally(answers).failed == 0
    if release.plane == "ingress":
        assert worst_block([answer.version for answer in answers], "v1.2", weight) <= 1
    else:
        assert deviation(tally(answers), "v1.2", weight) <= 1


def test_a_release_taken_back_and_one_promoted_lose_no_request(release: Release) -> None:
    release.at(20)

    with under_load(release):
        for weight in (0, *PLAN):
            release.at(weight)
        release.up("v1.2", {})
        promoted = ask(release.target, 20)
        release.up("v1.1", {})

    assert tally(promoted).versions == {"v1.2": 20}
    assert tally(ask(release.target, 20)).versions == {"v1.1": 20}


def test_a_rolling_restart_of_both_versions_loses_no_request(release: Release) -> None:
    release.at(5)
    before = release.pods()

    with under_load(release):
        for version in VERSIONS:
            deployment = f"deployment/{release.deployment(version)}"
            release.stack.platform.kubectl(
                "rollout", "restart", deployment, "-n", release.stack.name
            )
        for version in VERSIONS:
            release.wait_ready(version)
        end = time.monotonic() + 60
        while set(release.pods()) & set(before):  # until the last of the old ones has finished
            assert time.monotonic() < end
            time.sleep(1)


@on_ingress  # budgets and parking know nothing of the data plane
def test_a_drain_waits_for_the_canary_and_loses_no_request(release: Release) -> None:
    release.at(5)

    with under_load(release):
        try:
            refused = _drain(release, "3s")
            uncovered = tally(ask(release.target, 100)).versions["v1.2"]
            release.update("v1.1", {}, parked="v1.2")
            drained = _drain(release, "60s")
        finally:
            release.stack.platform.kubectl("uncordon", CANARY_NODE)
        release.up("v1.1", {"v1.2": 5})

    assert "would violate the pod's disruption budget" in refused
    assert uncovered == pytest.approx(5, abs=1)
    assert f"node/{CANARY_NODE} drained" in drained


@with_fallback
def test_a_killed_canary_pod_loses_no_request_but_those_inside(release: Release) -> None:
    release.at(20)
    process = first_process(release.pod("v1.2")["metadata"]["uid"])

    with Load(release.target, pages(), PAGES) as load:
        begun = load.mark()
        load.wait_for(10, begun)
        killed = kill(process)
        others = ask(release.target, MEASURED)
        release.wait_ready("v1.2")
        time.sleep(LIVE)
        answers = load.since(begun)

    assert lost_outside(answers + others, *killed) == 0, tally(answers + others)
    assert tally(ask(release.target, 100)).versions == {"v1.1": 80, "v1.2": 20}


@with_fallback
def test_without_the_canarys_node_its_pod_is_pending_and_stable_is_untouched(
    release: Release,
) -> None:
    release.at(100)
    kubectl = release.stack.platform.kubectl
    stable = release.pod("v1.1")

    try:
        kubectl("cordon", CANARY_NODE)
        name = release.pod("v1.2")["metadata"]["name"]
        kubectl("delete", "pod", name, "-n", release.stack.name)
        pending = release.pod("v1.2")
        events = release.events(pending["metadata"]["name"])

        assert pending["status"]["phase"] == "Pending"
        assert any("FailedScheduling: 0/2 nodes are available" in event for event in events), events
        assert release.pod("v1.1")["status"] == stable["status"]
        assert tally(ask(release.target, 100)).versions == {"v1.1": 100}
    finally:
        kubectl("uncordon", CANARY_NODE)


def _drain(release: Release, timeout: str) -> str:
    """What `kubectl drain` says, done or not, about the release's own pods."""
    own = f"--pod-selector=paddle-canary.dev/model={MODEL}"
    return subprocess.run(
        ["kubectl", "drain", CANARY_NODE, "--delete-emptydir-data", own, f"--timeout={timeout}"],
        env=release.stack.platform.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout
