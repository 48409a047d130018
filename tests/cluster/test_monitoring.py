"""Monitoring of a real stack: what it collects, and how its changes reach it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from local.cluster.layout import Layout
from local.load.client import Target
from local.load.generator import Load, pages
from tests.cluster.conftest import NAME
from tests.cluster.stacks import Stack
from tests.cluster.watched import HOST, Watched, eventually

UNIFORM = {"namespace", "model", "version", "track", "pod", "instance", "job"}
RATE = 3
# The kubelet renews files within a minute and some; Prometheus looks each 15 s.
RENEWED = 180
# Two scrapes and two evaluations, on a machine that does everything else as well.
SOON = 120


@pytest.fixture(scope="module")
def watched(new_stack: Callable[[str], Stack]) -> Iterator[Watched]:
    stack = new_stack("watched")
    found = Watched(stack, Layout(NAME))
    found.stack.platform.kubectl("delete", "namespace", found.namespace, "--ignore-not-found")
    found.write(hasty=False)
    run = stack.up()
    assert run.status == 0, run.text
    yield found
    run = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert run.status == 0, run.text


@pytest.fixture(scope="module")
def load(watched: Watched) -> Iterator[Load]:
    """Requests for the rest of the module."""
    target = Target(watched.stack.platform.url, HOST)
    with Load(target, pages(), RATE) as running:
        yield running


def test_every_target_is_up_and_pods_have_the_uniform_labels(watched: Watched) -> None:
    def by_job(health: str) -> Counter[str]:
        targets = watched.prometheus("targets")["activeTargets"]
        return Counter(each["labels"]["job"] for each in targets if each["health"] == health)

    expected = {
        "paddle-models": 2,
        "gateway": 1,
        "paddle-canary-exporter": 1,
        "relay": 1,
        "alertmanager": 2,
        "prometheus": 1,
    }
    # A Prometheus that has just begun knows of none.
    eventually("every target is up", lambda: by_job("up") == expected, 60)
    targets = watched.prometheus("targets")["activeTargets"]
    assert len(targets) == sum(expected.values())
    pods = [each["labels"] for each in targets if each["labels"]["job"] == "paddle-models"]
    assert {(each["version"], each["track"]) for each in pods} == {
        ("v1.1", "stable"),
        ("v1.2", "canary"),
    }
    assert all(each.keys() == UNIFORM for each in pods)


def test_a_client_does_not_read_metrics(watched: Watched) -> None:
    asking = Request(f"{watched.stack.platform.url}/metrics", headers={"Host": HOST})  # noqa: S310 - this machine
    with pytest.raises(HTTPError, match="404"):
        urlopen(asking, timeout=10)  # noqa: S310 - this machine


def test_every_rule_is_loaded_and_healthy(watched: Watched) -> None:
    def rules() -> list[dict[str, str]]:
        groups = watched.prometheus("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    eventually("every rule was evaluated", lambda: all(r["health"] == "ok" for r in rules()), 90)
    names = {rule["name"] for rule in rules()}
    assert {"HighModelErrorRate", "GatewayErrors", "NoReadyEndpoints", "Watchdog"} <= names


def test_what_the_gateway_counts_is_joined_to_versions(watched: Watched, load: Load) -> None:
    def counted() -> set[str]:
        rates = watched.query("model_version:gateway_requests:rate5m > 0")
        return {labels["version"] for labels, _ in rates}

    eventually("both versions are counted", lambda: counted() == {"v1.1", "v1.2"}, SOON)
    by_pods = watched.query("model_version:paddle_model_requests:rate5m")
    assert {labels["version"] for labels, _ in by_pods} == {"v1.1", "v1.2"}


def test_a_changed_weight_changes_one_object_and_the_exporter_tells_it(watched: Watched) -> None:
    watched.write(weight=40, hasty=False)
    time.sleep(2)
    run = watched.stack.up()
    assert run.status == 0, run.text
    assert "~ 1 updated" in run.text, run.text

    def weights() -> dict[str, float]:
        found = watched.query("paddle_canary_weight")
        return {labels["version"]: value for labels, value in found}

    eventually("the weight is known", lambda: weights() == {"v1.1": 60, "v1.2": 40}, 30)


def test_a_changed_objective_is_in_force_without_a_restart(watched: Watched) -> None:
    before = watched.pods()
    watched.write(weight=40, p99="2ms", hasty=False)
    run = watched.stack.up()
    assert run.status == 0, run.text
    assert "~ 1 updated" in run.text, run.text
    assert "replaced" not in run.text

    def objective() -> list[float]:
        return [value for _, value in watched.query("model:slo_p99_seconds:constant")]

    eventually("the new objective is in force", lambda: objective() == [0.002], RENEWED)
    assert watched.pods() == before
