"""The bench of kills: what its checker reports, and what it allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.chaos.checker import ABORTED, Held, Live, Plan, Run, Written, violations
from bench.chaos.moments import FAULTS, moments
from bench.chaos.result import Result, append, read, table, upper_bound

BEGUN = 1_800_000_000.0
SERVICES = {"v1.1": "ocr-v1-1", "v1.2": "ocr-v1-2"}
A, B = "host-1", "host-2"
GOOD = {"verdict": "promote"}


def at(seconds: float) -> str:
    return datetime.fromtimestamp(BEGUN + seconds, UTC).isoformat()


def act(stable: str, canary: Mapping[str, float], kind: str = "up") -> dict[str, Any]:
    return {"kind": kind, "split": {"stable": stable, "canary": dict(canary)}}


class Story:
    """A run as it is written down: each write has the next revision."""

    def __init__(self) -> None:
        self.revision, self.seconds = 0, 0.0
        self.live = [Live(0, BEGUN - 1, "ocr-v1-1", "ocr-v1-1", 0)]
        self.held: list[Held] = []
        self.written: list[Written] = []
        self.entries: list[dict[str, Any]] = []
        self.since = at(0)

    def turn(
        self,
        phase: str,
        doing: Mapping[str, Any] | None,
        evidence: Mapping[str, Any] | None = None,
        by: str = A,
        **more: object,
    ) -> None:
        self._next()
        if doing is None and phase != "done":
            self.since = at(self.seconds)
        state = {
            **{"old": "v1.1", "new": "v1.2", "phase": phase, "since": self.since, "act": doing},
            **{"outcome": None, "reason": "why"},
            **more,
        }
        entry = {"at": at(self.seconds), "by": by, "state": state, "evidence": evidence or {}}
        self.entries.append(entry)
        self.written.append(
            Written(self.revision, BEGUN + self.seconds, by, state, tuple(self.entries[-8:]))
        )

    def route(self, stable: str, canary: str, weight: float) -> None:
        self._next()
        services = (SERVICES[stable], SERVICES[canary])
        self.live.append(Live(self.revision, BEGUN + self.seconds, *services, weight))

    def lease(self, holder: str, acquired: float, renewed: float | None = None) -> None:
        self._next()
        times = (BEGUN + acquired, BEGUN + (acquired if renewed is None else renewed))
        self.held.append(Held(self.revision, BEGUN + self.seconds, holder, *times))

    def _next(self) -> None:
        self.revision += 1
        self.seconds += 1

    def run(self) -> Run:
        return Run(
            fault="controller",
            good=True,
            services=SERVICES,
            old="v1.1",
            new="v1.2",
            plan=Plan((50, 100), 8, 15),
            begun=BEGUN,
            live=self.live,
            held=self.held,
            written=self.written,
            answered=[BEGUN + 0.2 * number for number in range(500)],
            lost=[],
            file=("v1.2", {}),
            difference="",
        )


def at_first_step() -> Story:
    """A release whose first step is live."""
    story = Story()
    story.lease(A, 0)
    story.turn("preflight", None, reason="begun")
    story.turn("testers", act("v1.1", {"v1.2": 0}))
    story.route("v1.1", "v1.2", 0)
    story.turn("testers", None)
    story.turn("step", act("v1.1", {"v1.2": 50}))
    story.route("v1.1", "v1.2", 50)
    story.turn("step", None)
    return story


def promoted(evidence: Mapping[str, Any] = GOOD, window: float = 10) -> Story:
    """A release as it should be."""
    story = at_first_step()
    story.seconds += window
    story.turn("step", act("v1.1", {"v1.2": 100}), evidence)
    story.route("v1.1", "v1.2", 100)
    story.turn("step", None)
    story.seconds += window
    story.turn("watch", act("v1.2", {}), evidence)
    story.route("v1.2", "v1.2", 100)
    story.route("v1.2", "v1.2", 0)
    story.turn("watch", None)
    story.turn("done", None, outcome="promoted", reason="held")
    return story


def taken_back() -> Run:
    """The release of a bad version, as it should be."""
    story = at_first_step()
    story.turn("back", act("v1.1", {"v1.2": 0}, "patch"), reason="worse than stable")
    story.route("v1.1", "v1.2", 0)
    story.turn("back", act("v1.1", {"v1.2": 0}), reason="worse than stable")
    story.turn("done", None, outcome="rolled back", reason="worse than stable")
    return replace(story.run(), good=False, file=("v1.1", {"v1.2": 0}))


def test_releases_as_they_should_be_have_no_violation() -> None:
    assert violations(promoted().run()) == []
    assert violations(taken_back()) == []


def test_another_controller_goes_on_when_the_lease_is_over() -> None:
    story = Story()
    story.lease(A, 0)
    story.turn("preflight", None, reason="begun")
    story.turn("testers", act("v1.1", {"v1.2": 0}))
    story.lease(B, 20)
    story.route("v1.1", "v1.2", 0)
    story.turn("testers", None, by=B)
    story.turn("back", act("v1.1", {"v1.2": 0}, "patch"), by=B)
    story.turn("done", None, by=B, outcome="rolled back")
    run = replace(story.run(), good=False, file=("v1.1", {"v1.2": 0}))
    assert violations(run) == []


def second_release(run: Run) -> Run:
    again = {**run.written[-1].entries[-1], "at": at(90)}
    state = {**again["state"], "reason": "begun"}
    last = {**again, "at": at(91)}
    entries = ({**again, "state": state}, last)
    return replace(run, written=[*run.written, replace(run.written[-1], entries=entries)])


def with_live(run: Run, *more: Live) -> Run:
    return replace(run, live=[*run.live, *more])


def other_writer(run: Run) -> Run:
    stolen = Held(9, BEGUN + 9, B, BEGUN + 9, BEGUN + 9)
    return replace(run, held=[*run.held, stolen])


PLANTED: Mapping[str, tuple[Callable[[Run], Run], str]] = {
    "a good version is taken back": (lambda run: replace(taken_back(), good=True), "was right"),
    "a bad version is promoted": (lambda run: replace(run, good=False), "was right"),
    "the release begins anew": (second_release, "begun 2 times"),
    "nothing was begun": (
        lambda run: with_live(run, Live(99, BEGUN + 99, "ocr-v1-1", "ocr-v1-1", 0)),
        "has begun nothing",
    ),
    "the weight rises while it is taken back": (
        lambda run: replace(
            taken_back(),
            live=[*taken_back().live, Live(12, BEGUN + 99, "ocr-v1-1", "ocr-v1-2", 50)],
        ),
        "while the journal does",
    ),
    "a step is left out": (
        lambda run: replace(run, live=[*run.live[:2], *run.live[3:]]),
        "not the next step",
    ),
    "no verdict": (lambda run: promoted({}).run(), "no verdict to promote"),
    "the window is not over": (lambda run: promoted(window=2).run(), "of a window of 8 s"),
    "too few requests": (
        lambda run: replace(run, answered=run.answered[:60]),
        "good answers, where 15",
    ),
    "a lease is taken too early": (other_writer, "took the lease"),
    "two write": (other_writer, f"{A} wrote an entry while {B} held the lease"),
    "the file says otherwise": (
        lambda run: replace(run, file=("v1.1", {"v1.2": 100})),
        "the stack file says",
    ),
    "an update would change something": (
        lambda run: replace(run, difference="~ ingress"),
        "would change something",
    ),
    "the canary keeps a weight": (
        lambda run: replace(taken_back(), live=taken_back().live[:-1]),
        "still has 50%",
    ),
    "requests are lost": (lambda run: replace(run, lost=["HTTP 502"] * 3), "3 requests were lost"),
    "no journal": (lambda run: replace(run, written=[]), "no entry of this run"),
}


@pytest.mark.parametrize(("plant", "words"), PLANTED.values(), ids=PLANTED)
def test_each_planted_wrong_is_reported(plant: Callable[[Run], Run], words: str) -> None:
    found = violations(plant(promoted().run()))
    assert any(words in each for each in found), found


def test_a_fault_excuses_only_the_end_that_it_explains() -> None:
    story_of = replace(taken_back(), good=True)
    last = story_of.written[-1]
    end = {**last.entries[-1]["state"], "reason": "the update failed 3 times: no answer"}
    failed = replace(last, entries=({**last.entries[-1], "state": end},))
    run = replace(story_of, written=[*story_of.written[:-1], failed])
    assert violations(replace(run, fault="apiserver")) == []
    assert violations(replace(run, fault="controller")) != []
    assert violations(replace(story_of, fault="apiserver")) != []


def given_up(evidence: Mapping[str, Any]) -> Run:
    """A good version that was at its first step until a person gave it up."""
    story = Story()
    story.lease(A, 0)
    story.turn("preflight", None, reason="begun")
    story.turn("step", act("v1.1", {"v1.2": 50}))
    story.route("v1.1", "v1.2", 50)
    story.turn("step", None)
    story.turn("back", act("v1.1", {"v1.2": 0}, "patch"), evidence, reason=ABORTED)
    story.route("v1.1", "v1.2", 0)
    story.turn("done", None, outcome="rolled back", reason=ABORTED)
    return replace(story.run(), file=("v1.1", {"v1.2": 0}))


def test_a_release_may_be_held_where_the_journal_says_why() -> None:
    held = given_up({"verdict": "hold", "reason": "E 0.3 of 2.5 that it is good"})
    assert violations(held) == []
    assert violations(given_up({"verdict": "promote"})) != []
    assert violations(given_up({})) != []
    assert violations(replace(held, good=False)) != []


def test_requests_may_be_lost_where_nobody_can_answer() -> None:
    run = replace(promoted().run(), lost=["HTTP 502"] * 3)
    assert violations(replace(run, fault="traefik")) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_moments_follow_from_their_seed(fault: str) -> None:
    assert moments(fault, "1") == moments(fault, "1")
    many = {moments(fault, str(seed)) for seed in range(100)}
    assert len(many) == 100
    for each in many:
        times = [moment.at for moment in each]
        assert times == sorted(times)
        assert all((moment.action == "freeze") == (moment.seconds > 0) for moment in each)
    assert {moment.action for each in many for moment in each} >= {"kill", "freeze"}


@pytest.mark.parametrize(
    ("found", "runs", "bound"), [(0, 50, 0.0582), (0, 200, 0.0149), (1, 50, 0.0914), (5, 5, 1.0)]
)
def test_the_bound_is_that_of_clopper_and_pearson(found: int, runs: int, bound: float) -> None:
    assert upper_bound(found, runs) == pytest.approx(bound, abs=1e-4)


def test_runs_are_read_back_and_those_that_nothing_was_done_to_do_not_count(
    tmp_path: Path,
) -> None:
    hit = Result(
        fault="traefik",
        number=1,
        seed="1",
        release="a to b",
        good=True,
        moments=[{"at": 3.0}],
        outcome="promoted",
        reason="held",
        violations=[],
        seconds=60.0,
        controllers=1,
        fell=[],
        cancelled=0,
        lost=0,
        shares=[0.0, 50.0, 100.0],
    )
    file = tmp_path / "runs.jsonl"
    assert read(file) == []
    for each in (hit, replace(hit, number=2, moments=[])):
        append(file, each)
    assert read(file) == [hit, replace(hit, number=2, moments=[])]
    line = table(read(file)).splitlines()[1].split()
    assert line[:7] == ["traefik", "1", "1", "0", "0", "0", "0"]
