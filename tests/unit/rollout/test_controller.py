"""The controller's loop: what it does when it is killed, and when others are away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from infra.config import Rollout, load_file
from infra.split import Split
from rollout import controller
from rollout.controller import Controller, LostLease
from rollout.journal import Page
from rollout.kube import ClusterAway
from rollout.report import evidence
from rollout.sources import Parameters
from rollout.stack import StackError
from rollout.state import Command, Outcome, Phase, State
from rollout.watcher import Judged, Watcher
from tests.unit.rollout.world import (
    FakeAlertmanager,
    FakeJournal,
    FakeLease,
    FakeRoutes,
    FakeStack,
    FakeWatcher,
    World,
    facts,
)

CONFIG = load_file(Path(__file__).parents[3] / "Pulumi.prod.yaml")
PLAN = Rollout.model_validate(
    {"steps": [5, 50, 100], "window": "10s", "minRequests": 100, "watch": "10s"}
)
GOOD = Judged("promote", "sound", 500, {"errors": 1}, "{}")
OLD = Split("v1.1", {})


class Killed(BaseException):
    """The process ends here."""


class Clock:
    """Time that passes when the controller sleeps, and something that happens meanwhile."""

    def __init__(self, happens: Callable[[float], None]) -> None:
        self.seconds = 0.0
        self._happens = happens

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_800_000_000 + self.seconds, UTC)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        assert self.seconds < 10_000, "the rollout never ends"
        self._happens(self.seconds)


@pytest.fixture
def world() -> World:
    page = Page(state=State("v1.1", "v1.2", Phase.PREFLIGHT, Clock(print).now()), plan=PLAN)
    return World(live=OLD, page=page, judged=GOOD)


def drive(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[float], None] = lambda _: None,
    clock: Clock | None = None,
    watcher: Watcher | None = None,
) -> State:
    """One controller, from what the journal says to its end or its death."""
    clock = clock or Clock(happens)
    monkeypatch.setattr(controller, "_now", clock.now)
    monkeypatch.setattr("rollout.controller.time.sleep", clock.sleep)
    outside: Any = controller.World(
        routes=cast(Any, FakeRoutes(world)),
        stack=cast(Any, FakeStack(world)),
        journal=cast(Any, FakeJournal(world)),
        lease=cast(Any, FakeLease(world)),
        watcher=watcher or cast(Any, FakeWatcher(world)),
        alertmanager=FakeAlertmanager(world),
        facts=lambda config: facts(config, world.live),
    )
    return Controller(outside, CONFIG, "ocr", "here").run(world.page)


def weights(world: World) -> list[float]:
    return [split.share("v1.2") for _, split in world.acts]


def test_a_good_version_goes_through_every_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = drive(world, monkeypatch)
    assert end.outcome is Outcome.PROMOTED
    assert weights(world) == [0, 5, 50, 100, 100]
    assert world.live == Split("v1.2", {})
    assert world.told == [
        "ocr v1.2: rollout begins",
        "ocr v1.2: has 5% of the requests",
        "ocr v1.2: has 50% of the requests",
        "ocr v1.2: has 100% of the requests",
        "ocr v1.2: is stable now, and watched",
        "ocr v1.2: promoted",
    ]


def test_a_bad_verdict_patches_the_live_route_before_the_stack(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(seconds: float) -> None:
        if seconds > 15:
            world.judged = replace(GOOD, verdict="rollback", words="stable: errors, E = 130")

    end = drive(world, monkeypatch, fault)
    assert end.outcome is Outcome.ROLLED_BACK
    assert end.reason == "worse than stable: errors, E = 130"
    assert world.acts[-2:] == [("patch", Split("v1.1", {"v1.2": 0})), ("up", world.live)]


@pytest.mark.parametrize("kill_at", range(6))
def test_killed_within_any_act_the_next_controller_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    count = 0

    def kill(kind: str, split: Split) -> None:
        nonlocal count
        count += 1
        if count == kill_at + 1:
            raise Killed

    world.before_act = kill
    world.judged = GOOD
    try:
        end = drive(world, monkeypatch)
    except Killed:
        end = drive(world, monkeypatch)
    assert end.outcome is Outcome.PROMOTED
    assert weights(world) == sorted(weights(world))


def test_with_prometheus_away_it_freezes_and_blames_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outage(seconds: float) -> None:
        world.judged = None if 12 < seconds < 3000 else GOOD

    end = drive(world, monkeypatch, outage)
    assert end.outcome is Outcome.PROMOTED
    assert weights(world) == [0, 5, 50, 100, 100]


def test_with_alertmanager_away_no_weight_is_raised(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[float] = []

    def outage(seconds: float) -> None:
        world.alertmanager_away = 5 < seconds < 2000
        if world.alertmanager_away:
            raised.append(world.live.share("v1.2"))

    assert drive(world, monkeypatch, outage).outcome is Outcome.PROMOTED
    assert len(set(raised)) == 1


def test_with_the_cluster_away_nothing_is_begun_and_it_goes_on_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outage(seconds: float) -> None:
        world.cluster_away = 5 < seconds < 500

    assert drive(world, monkeypatch, outage).outcome is Outcome.PROMOTED


def test_an_update_that_goes_on_failing_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(kind: str, split: Split) -> None:
        if kind == "up" and split.share("v1.2") == 50:
            raise StackError("the guard refuses this change of traffic")

    world.before_act = fail
    end = drive(world, monkeypatch)
    assert end.outcome is Outcome.ROLLED_BACK
    assert "the update failed 3 times: the guard refuses" in end.reason
    assert world.live.share("v1.2") == 0


def test_a_state_that_somebody_else_has_locked_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def locked(kind: str, split: Split) -> None:
        nonlocal asked
        if kind == "up" and split.share("v1.2") == 50 and asked < 20:
            asked += 1
            raise StackError("another update holds the state", waits=True)

    world.before_act = locked
    assert drive(world, monkeypatch).outcome is Outcome.PROMOTED
    assert asked == 20


def test_while_it_waits_for_a_lock_it_hears_people(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(kind: str, split: Split) -> None:
        if kind == "up" and split.share("v1.2") == 50:
            raise StackError("another update holds the state", waits=True)

    def people(seconds: float) -> None:
        if seconds > 100 and not world.page.commands:
            FakeJournal(world).write(replace(world.page, commands=(Command.ABORT,)))

    world.before_act = locked
    end = drive(world, monkeypatch, people)
    assert (end.outcome, end.reason) == (Outcome.ROLLED_BACK, "aborted by a person")


def test_going_back_is_never_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 0

    def fail(kind: str, split: Split) -> None:
        nonlocal failures
        if split.share("v1.2") == 0 and world.live.share("v1.2") > 0 and failures < 9:
            failures += 1
            raise ClusterAway("patch ingresses/ocr-canary: no answer")

    def alert(seconds: float) -> None:
        world.alerts = ["NoReadyEndpoints"] if seconds > 20 else []

    world.before_act = fail
    end = drive(world, monkeypatch, alert)
    assert (end.outcome, failures) == (Outcome.ROLLED_BACK, 9)


def test_people_pause_and_abort(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = FakeJournal(world)

    def people(seconds: float) -> None:
        if seconds == 8:
            journal.write(replace(world.page, commands=(Command.PAUSE,)))
        if seconds == 200:
            assert world.live.share("v1.2") == 5
            journal.write(replace(world.page, commands=(Command.ABORT,)))

    end = drive(world, monkeypatch, people)
    assert (end.outcome, end.reason) == (Outcome.ROLLED_BACK, "aborted by a person")


def test_a_controller_that_lost_its_lease_does_nothing_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(seconds: float) -> None:
        world.held = seconds < 6

    with pytest.raises(LostLease):
        drive(world, monkeypatch, lose)
    assert weights(world)[-1] < 50


def test_another_writer_of_the_journal_stops_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FakeJournal(world)

    def other(seconds: float) -> None:
        if seconds == 6:
            journal.write(replace(world.page, holder="somebody else"))

    with pytest.raises(LostLease):
        drive(world, monkeypatch, other)


def test_an_outage_just_after_somebody_has_said_something_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write fails, since the journal has changed, and then it cannot be read either."""
    journal = FakeJournal(world)
    read, refusals = FakeJournal.read, [ClusterAway("read journal: no answer")] * 2

    def speak_and_go(kind: str, split: Split) -> None:
        if split.share("v1.2") == 50 and refusals:
            journal.write(world.page)
            monkeypatch.setattr(FakeJournal, "read", away)

    def away(self: FakeJournal) -> Page:
        if refusals:
            raise refusals.pop()
        return read(self)

    world.before_act = speak_and_go
    assert drive(world, monkeypatch).outcome is Outcome.PROMOTED
    assert refusals == []


def test_traffic_that_somebody_moved_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move(seconds: float) -> None:
        if seconds == 8:
            world.live = Split("v1.1", {"v1.2": 0})

    end = drive(world, monkeypatch, move)
    assert end.outcome is Outcome.LEFT
    assert "the cluster routes stable v1.1, v1.2: 0%, where stable v1.1, v1.2: 5%" in end.reason


NO_TRAFFIC = {
    "steps": [5, 100],
    "window": "10m",
    "minRequests": 100,
    "patience": "1h",
    "watch": "10m",
}


@dataclass
class Idle:
    """A Prometheus that scrapes pods which nobody asks anything, and none other."""

    clock: Clock

    def get(self, path: str, parameters: Parameters) -> Any:  # noqa: ANN401
        (query,) = [value for name, value in parameters if name == "query"]
        # Nobody has seen a request: the gateway has no series at all.
        found = self._pods() if "paddle_model_requests_total" in query else []
        return {"status": "success", "data": {"result": found}}

    def _pods(self) -> list[dict[str, Any]]:
        now = self.clock.now().timestamp()
        scraped = now - now % 15
        counters = [
            {"__name__": "paddle_model_requests_total"},
            {"__name__": "paddle_model_errors_total"},
            {"__name__": "paddle_model_latency_seconds_bucket", "le": "0.5"},
            {"__name__": "paddle_model_latency_seconds_bucket", "le": "+Inf"},
        ]
        return [
            {
                "metric": {**counter, "version": version, "pod": f"ocr-{version}"},
                "values": [[scraped, "0"]],
            }
            for version in ("v1.1", "v1.2")
            for counter in counters
        ]

    def post(self, path: str, body: object) -> None:
        raise AssertionError("nothing is written to Prometheus")


@pytest.mark.parametrize("on_no_data", ["hold", "rollback"])
def test_an_hour_without_traffic_holds_says_why_and_ends_as_the_plan_declares(
    world: World, monkeypatch: pytest.MonkeyPatch, on_no_data: str
) -> None:
    world.page = replace(
        world.page, plan=Rollout.model_validate({**NO_TRAFFIC, "onNoData": on_no_data})
    )
    seen: dict[int, str] = {}

    def passes(seconds: float) -> None:
        state = world.page.state
        assert state is not None
        seen[int(seconds)] = f"{state.phase} {world.live.share('v1.2'):g}: {state.reason}"
        if seconds > 7200 and not world.page.commands:
            FakeJournal(world).write(replace(world.page, commands=(Command.ABORT,)))

    clock = Clock(passes)
    watcher = Watcher(Idle(clock), CONFIG, "ocr")
    end = drive(world, monkeypatch, clock=clock, watcher=watcher)

    # Deployed for testers first; the step began at the second look.
    assert {words for second, words in seen.items() if 10 < second < 3600} == {"step 5: to 5%"}
    told = "too little data: 0 of 100 requests after 1h"
    assert evidence(world.page)["verdict"] == "hold"
    if on_no_data == "rollback":
        assert 3600 <= max(seen) < 3630
        assert end.reason == f"{told}; onNoData is rollback"
    else:
        assert {words for second, words in seen.items() if 3630 < second < 7200} == {
            f"step 5: {told}; onNoData is hold"
        }
        assert world.told.count("ocr v1.2: lacks requests") == 1
        assert end.reason == "aborted by a person"
    assert (end.outcome, weights(world)) == (Outcome.ROLLED_BACK, [0, 5, 0, 0])
