"""The rollout controller as pods of the cluster, with the rights that the stack declares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from infra.isolation import USER
from local.cluster.layout import Layout
from local.rollout_image import IMAGE
from tests.cluster.conftest import NAME
from tests.cluster.rollouts import Released
from tests.cluster.stacks import PASSPHRASE, ROOT, Stack
from tests.cluster.test_rollout import EMPTY, PATIENCE, assert_converged, load
from tests.cluster.watched import eventually

pytestmark = pytest.mark.timeout(1200)
PART = "rollout-controller"


@pytest.fixture(scope="module")
def released(new_stack: Callable[[str], Stack]) -> Iterator[Released]:
    """A stack whose checkout is on a volume, with its state, which the controller's pods have."""
    made = [sys.executable, "-m", "local.rollout_image", "--name", NAME]
    subprocess.run(made, cwd=ROOT, check=True)
    stack = new_stack("inside")
    state = stack.directory / "state"
    state.mkdir()
    moved = {"PULUMI_BACKEND_URL": f"file://{state}?metadata=skip"}
    stack = replace(stack, environment={**stack.environment, **moved})
    found = Released(stack, Layout(NAME))
    kubectl = stack.platform.kubectl
    kubectl("delete", "namespace", stack.monitoring, "--ignore-not-found")
    found.write()
    # The stack of `new_stack` is in the backend that this one leaves.
    assert stack.pulumi("stack", "init").status == 0
    run = stack.up()
    assert run.status == 0, run.text
    give(stack)
    found.write(controller=controller(stack))
    # Before, for pods that are not ready without their file; after, for what the update wrote.
    hand_over(stack.directory)
    run = stack.up()
    assert run.status == 0, run.text
    hand_over(stack.directory)
    yield found
    run = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert run.status == 0, run.text
    kubectl("delete", "persistentvolume", "inside-checkout", "--wait=false")


def hand_over(volume: Path) -> None:
    """Let the controller's pods write what is on the volume."""
    for path in [volume, *volume.rglob("*")]:
        os.chown(path, USER, USER)


def controller(stack: Stack) -> dict[str, Any]:
    return {
        "image": IMAGE,
        "stack": stack.name,
        "backend": "file:///checkout/state?metadata=skip",
        "checkout": "checkout",
        "secret": "passphrase",
    }


def give(stack: Stack) -> None:
    """What the stack does not declare: the volume and the passphrase."""
    size = {"storage": "1Gi"}
    access = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    where = {"namespace": stack.monitoring}
    objects = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": "inside-checkout"},
            "spec": {**access, "capacity": size, "hostPath": {"path": str(stack.directory)}},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "checkout", **where},
            "spec": {**access, "resources": {"requests": size}, "volumeName": "inside-checkout"},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "passphrase", **where},
            "stringData": {"passphrase": PASSPHRASE},
        },
    ]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    stack.platform.kubectl("apply", "--filename", "-", stdin=listed)


def leader(released: Released) -> str:
    """The pod that holds the lease."""
    holder = released.stack.platform.kubectl(
        *("get", "lease", "rollouts", "-n", released.stack.name),
        *("-o", "jsonpath={.spec.holderIdentity}"),
    )
    return holder.rpartition("-")[0]


def logs(released: Released) -> str:
    return released.stack.platform.kubectl(
        *("logs", "-n", released.stack.monitoring, "--prefix", "--tail", "60"),
        *("-l", f"app.kubernetes.io/name={PART}"),
    )


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("yes", "patch ingresses.networking.k8s.io/ocr-canary -n inside"),
        ("yes", "patch services/ocr-v1-2 -n inside"),
        ("no", "delete ingresses.networking.k8s.io/ocr-canary -n inside"),
        ("no", "patch ingresses.networking.k8s.io/other -n inside"),
        ("no", "patch deployments.apps/ocr-v1-1 -n inside"),
        ("no", "update configmaps/rules-0 -n inside"),
        ("no", "get secrets -n inside-monitoring"),
        ("no", "patch services/prometheus -n inside-monitoring"),
        ("no", "get services/prometheus:9090 --subresource proxy -n inside-monitoring"),
        ("no", "create pods --subresource exec -n inside"),
    ],
)
def test_the_cluster_grants_what_a_release_needs_and_no_more(
    released: Released, answer: str, question: str
) -> None:
    account = f"system:serviceaccount:{released.stack.monitoring}:{PART}"
    asked = ["kubectl", "auth", "can-i", *question.split(), "--as", account]
    done = subprocess.run(
        asked, env=released.stack.environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == answer, done.stdout + done.stderr


def test_a_release_goes_on_though_the_pod_that_drives_it_is_deleted(
    released: Released, tmp_path: Path
) -> None:
    kubectl = released.stack.platform.kubectl
    eventually("one pod leads", lambda: leader(released), 60)
    log = tmp_path / "log"
    with load(released, Image.new("L", (64, 64), "white"), EMPTY):
        assert released.start("begin", "ocr", "--to", "v1.2", log=log).wait() == 0, log.read_text()
        eventually(
            "the first step is live",
            lambda: released.state().get("phase") == "step" and not released.state()["act"],
            PATIENCE,
        )
        first = leader(released)
        kubectl("delete", "pod", first, "-n", released.stack.monitoring, "--wait=false")
        eventually("another pod leads", lambda: leader(released) not in ("", first), 60)
        # A command, and not the judge: when it has seen enough is not what this is about.
        assert released.start("abort", "ocr", log=log).wait() == 0, log.read_text()
        try:
            eventually("it has ended", lambda: released.state()["phase"] == "done", 120)
        except AssertionError:
            pytest.fail(logs(released))
    assert released.state()["outcome"] == "rolled back", logs(released)
    journal = released.journal()
    assert len({entry["by"] for entry in journal if entry["by"]}) == 2
    assert "stable: v1.1" in released.stack.file.read_text()
    assert set(released.stack.platform.answers("rollouts.example.com", 10)) == {"v1.1"}
    assert_converged(released)
