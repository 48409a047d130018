"""The controller in the cluster: what it takes up, and whether it lives."""

from __future__ import annotations

import shutil
import threading
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from pulumi import automation

from infra.config import load_file
from infra.split import Split
from rollout import serve
from rollout.journal import Journal, Page
from rollout.kube import ClusterAway
from rollout.run import UNHELD, Busy, ask, begin
from rollout.serve import Drivers, Health
from rollout.sources import Address, ServiceProxy, sources
from rollout.stack import ProjectStack
from rollout.state import Outcome, Phase, State
from tests.unit.rollout.world import FakeJournal, World

ROOT = Path(__file__).parents[3]
CONFIG = load_file(ROOT / "Pulumi.prod.yaml")


@pytest.fixture
def journal() -> Journal:
    return cast(Journal, FakeJournal(World(live=Split("v1.1", {}))))


def until(condition: Any) -> None:  # noqa: ANN401
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_rollout_is_driven_once_and_taken_up_again_after_its_driver_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "LOOK_SECONDS", 0)
    driven: list[str] = []
    go_on = threading.Event()

    def drive(model: str) -> None:
        driven.append(model)
        if model == "layout":
            raise ClusterAway("no answer")
        go_on.wait(5)

    drivers = Drivers(lambda: ["layout", "ocr"], drive)
    drivers.look()
    until(lambda: {"layout", "ocr"} <= set(driven))
    until(lambda: not drivers._threads["layout"].is_alive())
    drivers.look()
    until(lambda: driven.count("layout") == 2)
    assert driven.count("ocr") == 1
    go_on.set()


def test_while_the_cluster_is_away_it_goes_on_looking() -> None:
    def away() -> list[str]:
        raise ClusterAway("read journal: no answer")

    Drivers(away, lambda _: None).look()


def status(port: int, path: str = "/health") -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_loop_that_hangs_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health("127.0.0.1", 0)
    assert (status(health.port), status(health.port, "/")) == (200, 503)
    monkeypatch.setattr(serve, "HUNG_SECONDS", 0.0)
    assert status(health.port) == 503


def test_what_is_asked_for_is_taken_up_with_the_plan_of_the_controllers_file(
    journal: Journal,
) -> None:
    elsewhere = CONFIG.models["ocr"].model_copy(update={"rollout": CONFIG.models["ocr"].rollout})
    plan = elsewhere.rollout.model_copy(update={"min_requests": 1})
    stale = CONFIG.model_copy(
        update={"models": {"ocr": elsewhere.model_copy(update={"rollout": plan})}}
    )
    ask(journal, stale, "ocr", "v1.2")
    assert journal.read().holder == UNHELD
    page = begin(journal, CONFIG, "ocr", None, "pod-1")
    assert page.state is not None
    assert (page.state.new, page.state.phase) == ("v1.2", Phase.PREFLIGHT)
    assert (page.plan, page.holder) == (CONFIG.models["ocr"].rollout, "pod-1")


def test_what_is_under_way_is_not_asked_for_again(journal: Journal) -> None:
    ask(journal, CONFIG, "ocr", "v1.2")
    with pytest.raises(Busy, match=r"a rollout of ocr to v1\.2 is under way"):
        ask(journal, CONFIG, "ocr", "v1.2")


def test_what_has_ended_is_not_begun_anew(journal: Journal) -> None:
    with pytest.raises(LookupError, match="no rollout of ocr is under way"):
        begin(journal, CONFIG, "ocr", None, "pod-1")
    end = State("v1.1", "v1.2", Phase.DONE, datetime.now(UTC), outcome=Outcome.PROMOTED)
    journal.write(replace(Page(), state=end))
    with pytest.raises(LookupError, match="no rollout of ocr is under way"):
        begin(journal, CONFIG, "ocr", None, "pod-1")


def test_inside_the_cluster_no_proxy_is_needed() -> None:
    alerting = load_file(ROOT / "Pulumi.dev.yaml").alerting
    assert alerting is not None
    api: Any = None
    outside = sources(alerting, api)
    assert [type(each) for each in outside] == [ServiceProxy, ServiceProxy]
    assert sources(alerting, api, inside=True) == (
        Address("http://prometheus.paddle-monitoring.svc:9090"),
        Address("http://alertmanager.paddle-monitoring.svc:9093"),
    )


def test_a_signal_lets_the_update_under_way_end_and_gives_the_lease_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    happened: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    class Engine:
        def up(self, **_: object) -> None:
            begun.set()
            go_on.wait(5)
            happened.append("updated")

    class OurLease:
        held = True

        def __init__(self, *_: object) -> None:
            """Ours from the start."""

        def acquire(self) -> None:
            """Nobody is in the way."""

        def release(self) -> None:
            happened.append("released")

    monkeypatch.setattr(automation, "select_stack", lambda *_, **__: Engine())
    monkeypatch.setattr(serve, "Lease", OurLease)
    shutil.copy(ROOT / "Pulumi.prod.yaml", tmp_path)
    stack = ProjectStack(tmp_path, "prod")

    def update() -> None:
        stack.converge("ocr", Split("v1.1", {"v1.2": 20}), "", back=False)

    threading.Thread(target=update, daemon=True).start()
    begun.wait(5)

    def signalled(_: object) -> None:
        threading.Timer(0.1, go_on.set).start()
        raise SystemExit(0)

    monkeypatch.setattr(Drivers, "look", signalled)
    with pytest.raises(SystemExit):
        serve.serve(cast(Any, None), stack, Health("127.0.0.1", 0))
    assert happened == ["updated", "released"]
