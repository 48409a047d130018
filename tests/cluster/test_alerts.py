"""Faults of real pods end at the robots of the team that owns them: once, in order, and resolved.

Five faults at the same time, each of a group of its own, in four models. The robots check
signature, format, size and rate as their vendors do (`local.robots`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local.cluster import robots
from local.cluster.layout import Layout
from local.load.client import Target, ask
from local.load.generator import Load, pages
from local.toolchain import ensure
from tests.cluster.conftest import NAME
from tests.cluster.faulty import (
    BUSY,
    EMPTY,
    RETRIED,
    SLOW,
    USUAL_RATE,
    host,
    impatient,
    models,
    sheet,
)
from tests.cluster.stacks import Stack, finish
from tests.cluster.watched import Watched, backfill, eventually, port_of

Fault = tuple[str, str, str]
"""Alert, model, version."""

CHATS = (robots.DINGTALK[0], robots.FEISHU[0])
OTHERS = robots.WECOM[0]
MODELS = (BUSY, EMPTY, SLOW, RETRIED)
# Each is the only alert of its group: model, and version unless it is about the whole model.
ERRORS = ("HighModelErrorRate", BUSY, "v1.1")
LATENCY = ("HighModelLatency", SLOW, "v1.1")
NO_PODS = ("NoReadyEndpoints", EMPTY, "v1.2")
DEAD = ("GatewayErrors", RETRIED, "v1.2")
TRAFFIC = ("LowModelQPS", RETRIED, "")
FAULTS = (ERRORS, LATENCY, NO_PODS, DEAD, TRAFFIC)
# The slowest is traffic that fell: its norm is computed each minute, from blocks that Prometheus
# looks for each minute.
SOON = 240


@pytest.fixture(scope="module")
def watched(
    new_stack: Callable[[str], Stack], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    stack = new_stack("faulty")
    found = Watched(stack, Layout(NAME))
    stack.platform.kubectl("delete", "namespace", found.namespace, "--ignore-not-found")
    stack.write(models(), alerting=impatient(found.namespace))
    # While models load, Prometheus runs already.
    up = stack.start_up()
    try:
        eventually("Prometheus runs", lambda: "prometheus-0" in running(found), 120)
        promtool = ensure(["prometheus"], print)["prometheus"] / "promtool"
        backfill(found, promtool, tmp_path_factory.mktemp("history"), RETRIED, USUAL_RATE)
    finally:
        run = finish(up)
    assert run.status == 0, run.text
    targets = [Target(stack.platform.url, host(model)) for model in MODELS]
    eventually(
        "the gateway knows all", lambda: not any(ask(each, 1)[0].failure for each in targets), 30
    )
    yield found
    run = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert run.status == 0, run.text


def running(watched: Watched) -> str:
    """Names of the pods of monitoring that run."""
    listed = ("get", "pods", "--ignore-not-found", "--field-selector=status.phase=Running")
    return watched.kubectl(*listed, "-o", "name")


def test_faults_end_at_the_right_people_once_in_order_and_resolved(watched: Watched) -> None:
    begun = time.time()

    def states(robot: str) -> dict[Fault, list[str]]:
        """What a group has read of each alert of these models: firing, resolved, and so on."""
        found: dict[Fault, list[str]] = {}
        for at, alerts in watched.messages(robot):
            for told in alerts if at >= begun else ():
                if told.model in MODELS:
                    fault = (told.alert, told.model, told.version)
                    found.setdefault(fault, []).append(told.state)
        return found

    def told(fault: Fault, state: str) -> bool:
        return all(state in states(robot).get(fault, ()) for robot in CHATS)

    def requests(model: str, bodies: list[bytes], rate: float) -> Load:
        return Load(Target(watched.stack.platform.url, host(model)), bodies, rate)

    def answered(model: str) -> None:
        """Many requests at once, of which nothing fails and which cost no time of the model."""
        ask(Target(watched.stack.platform.url, host(model)), 600)

    def wait_for(fault: Fault, state: str) -> None:
        seconds = eventually(f"{fault} is told, {state}", lambda: told(fault, state), SOON)
        print(f"{time.time() - begun:.0f} s: {fault} {state}, after {seconds:.0f} s", flush=True)

    small, large = pages(), [sheet()]
    with ExitStack() as mended:
        # One request each second instead of three; half of them go to pods that nobody can reach.
        few = mended.enter_context(requests(RETRIED, small, 1))
        watched.of_models(*port_of(f"{RETRIED}-v1-2", 9))
        watched.of_models("scale", "deployment", f"{EMPTY}-v1-2", "--replicas=0")
        with requests(SLOW, large, 0.4):
            wait_for(NO_PODS, "firing")
            watched.of_models("scale", "deployment", f"{EMPTY}-v1-2", "--replicas=1")
            wait_for(DEAD, "firing")
            watched.of_models(*port_of(f"{RETRIED}-v1-2", "http"))
            with requests(BUSY, large, 5):
                wait_for(ERRORS, "firing")
            answered(BUSY)
            wait_for(LATENCY, "firing")
        # So few that all of them count: of a hundred, five slow ones would show for longer.
        mended.enter_context(requests(SLOW, small, 0.4))
        wait_for(TRAFFIC, "firing")
        answered(RETRIED)
        for fault in FAULTS:
            wait_for(fault, "resolved")
        # Clients have noticed nothing of a canary that nobody could reach.
        assert [each.failure for each in few.since(0) if each.failure] == []
    for robot in CHATS:
        assert states(robot) == {fault: ["firing", "resolved"] for fault in FAULTS}
    assert states(OTHERS) == {}
    assert refusals(watched, begun) == []


def refusals(watched: Watched, since: float) -> list[dict[str, object]]:
    """Answers of robots other than yes: none was sent too fast, too large or badly signed."""
    lines = (watched.layout.robots / "answers.jsonl").read_text().splitlines()
    answers = map(json.loads, lines)
    return [each for each in answers if each["at"] >= since and each["code"] != 0]
