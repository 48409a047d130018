"""Who drives a release when several are asked to, and when the cluster is away meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from infra.split import Split
from rollout import run
from rollout.controller import LostLease
from rollout.journal import Page
from rollout.kube import ClusterAway, Conflict
from rollout.stack import ProjectStack
from rollout.state import Outcome, Phase, State
from tests.unit.rollout.world import FakeJournal, World

ROOT = Path(__file__).parents[3]
NOW = datetime.now(UTC)
UNDER_WAY = State("v1.1", "v1.2", Phase.STEP, NOW, step=0)
ENDED = replace(UNDER_WAY, phase=Phase.DONE, outcome=Outcome.ROLLED_BACK)
OTHER = "another"


@dataclass
class Scene:
    """A world, who is in the way of the lease at each try, and what each controller does.

    `tries` and `controllers` may raise; `began` has the states that controllers began with.
    """

    world: World
    tries: list[str | Exception | None]
    controllers: list[Callable[[], State]] = field(default_factory=list)
    began: list[State | None] = field(default_factory=list)
    waited: list[str] = field(default_factory=list)
    happens: Callable[[], None] = lambda: None

    def drive(self, monkeypatch: pytest.MonkeyPatch) -> State:
        scene = self

        class Lease:
            def __init__(self, *_: object) -> None:
                """Nobody's yet."""

            def acquire(self) -> str | None:
                found = scene.tries.pop(0)
                if isinstance(found, Exception):
                    raise found
                return found

            def release(self) -> None:
                """Nobody's again."""

        @dataclass
        class Driver:
            page: Page

            def run(self, page: Page) -> State:
                scene.began.append(page.state)
                return scene.controllers.pop(0)()

        def wait(holder: str) -> None:
            scene.waited.append(holder)
            scene.happens()

        monkeypatch.setattr(run, "Lease", Lease)
        monkeypatch.setattr(run, "Journal", lambda *_: FakeJournal(scene.world))
        monkeypatch.setattr(run, "_controller", lambda *_, page, **__: Driver(page))
        monkeypatch.setattr("rollout.run.time.sleep", lambda _: None)
        stack = ProjectStack(ROOT, "prod")
        return run.drive(cast(Any, None), stack, "ocr", "v1.2", wait)

    def write(self, state: State, holder: str = OTHER) -> None:
        journal = FakeJournal(self.world)
        journal.write(replace(journal.read(), state=state, holder=holder))


@pytest.fixture
def scene() -> Scene:
    return Scene(World(live=Split("v1.1", {})), tries=[None])


def ends() -> State:
    return ENDED


def loses_lease() -> State:
    raise LostLease("ocr")


def test_a_release_that_somebody_else_has_led_to_its_end_is_not_begun_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(UNDER_WAY)
    scene.tries = [OTHER, None]
    scene.happens = lambda: scene.write(ENDED)
    assert scene.drive(monkeypatch) == ENDED
    assert (scene.waited, scene.began) == ([OTHER], [])


def test_a_controller_that_was_killed_after_the_end_is_not_followed_by_another_release(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(ENDED)
    scene.tries = [OTHER, OTHER, None]
    assert scene.drive(monkeypatch) == ENDED
    assert scene.began == []


def test_what_had_ended_before_may_be_released_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(ENDED)
    scene.controllers = [ends]
    scene.drive(monkeypatch)
    (began,) = scene.began
    assert began is not None
    assert began.phase is Phase.PREFLIGHT


def test_what_a_dead_controller_has_left_is_gone_on_with(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(UNDER_WAY)
    scene.tries = [OTHER, None]
    scene.controllers = [ends]
    scene.drive(monkeypatch)
    assert scene.began == [UNDER_WAY]


def test_a_lease_that_was_lost_is_waited_for_while_the_cluster_is_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(UNDER_WAY)
    scene.tries = [None, ClusterAway("read lease: no answer"), OTHER, None]
    scene.controllers = [loses_lease, ends]
    assert scene.drive(monkeypatch) == ENDED
    assert scene.began == [UNDER_WAY, UNDER_WAY]


def test_who_was_overtaken_tells_the_end_that_the_other_has_led_to(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(UNDER_WAY)
    scene.tries = [None, OTHER, None]
    scene.controllers = [loses_lease]
    scene.happens = lambda: scene.write(ENDED)
    assert scene.drive(monkeypatch) == ENDED
    assert scene.began == [UNDER_WAY]


def test_who_stands_by_goes_on_waiting_while_the_cluster_is_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(UNDER_WAY)
    scene.tries = [OTHER, ClusterAway("read lease: no answer"), OTHER, None]
    scene.controllers = [ends]
    assert scene.drive(monkeypatch) == ENDED
    assert scene.began == [UNDER_WAY]


def test_with_the_cluster_away_from_the_start_nothing_is_begun(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.tries = [ClusterAway("read lease: no answer")]
    with pytest.raises(ClusterAway):
        scene.drive(monkeypatch)


def test_a_journal_that_somebody_writes_at_the_same_time_is_read_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write(UNDER_WAY)
    scene.tries, scene.controllers = [None, None], [ends]
    begin, calls = run.begin, []

    def quicker(*found: Any) -> Page:  # noqa: ANN401
        calls.append(found)
        if len(calls) == 1:
            raise Conflict("write journal")
        return begin(*found)

    monkeypatch.setattr(run, "begin", quicker)
    assert scene.drive(monkeypatch) == ENDED
    assert len(calls) == 2
