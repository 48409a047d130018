"""A model check of the rollout: random weather against the invariants of a release.

The cluster here is a variable; everything that can happen to a controller happens to it: acts
that fail before or after they changed the traffic, kills, sources that are away, people.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from infra.config import Rollout
from infra.split import Split
from rollout.decide import decide
from rollout.state import Act, Command, Outcome, Phase, Seen, State

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
PLAN = Rollout.model_validate(
    {
        "steps": [5, 50, 100],
        "window": "1m",
        "minRequests": 100,
        "onNoData": "rollback",
        "patience": "5m",
        "testers": "1m",
        "gates": [50],
        "watch": "2m",
    }
)


class Weather(RuleBasedStateMachine):
    """One rollout from preflight to its end, whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.state = State("v1", "v2", Phase.PREFLIGHT, START)
        self.live = Split("v1", {})
        self.others_moved = False
        self.condemned = False

    def _decide(self, seen: Seen) -> None:
        before, self.state = self.state, decide(self.state, seen, PLAN)
        self._check_rise(before, seen)
        if seen.verdict == "rollback" and before.phase in (Phase.STEP, Phase.WATCH):
            self.condemned |= before.act is None and not seen.acted

    def _check_rise(self, before: State, seen: Seen) -> None:
        act = self.state.act
        if act is None or act == before.act:
            return
        if act.split.share("v2") <= self.live.share("v2"):
            return
        assert before.phase not in (Phase.BACK, Phase.DONE), "a rise after the decision to go back"
        assert seen.alerts == (), "a rise while alerts fire, or nobody knows"
        assert not self.state.paused, "a rise while paused"
        assert seen.closed is None, "a rise in closed hours"
        if before.phase is Phase.STEP:
            assert seen.verdict == "promote", "a rise without evidence"
            assert seen.now - before.since >= PLAN.window, "a rise before the window was over"
            assert before.act is None, "a rise before the last one was done"
        if act.split.share("v2") == 50:
            assert before.approved or Command.PROMOTE in seen.commands, "a gate was passed"

    @rule(
        weather=st.fixed_dictionaries(
            {
                "verdict": st.sampled_from(["promote", "promote", "promote", "hold", None]),
                "alerts": st.sampled_from([(), (), (), None]),
                "closed": st.sampled_from([None, None, "freeze"]),
                "preflight": st.sampled_from([(), (), None]),
                "requests": st.integers(0, 300),
            }
        ),
        cluster=st.sampled_from([True, True, True, False]),
        commands=st.lists(st.sampled_from([*list(Command)[:3]]), max_size=1),
        minutes=st.sampled_from([0.25, 1, 2]),
    )
    def time_passes(
        self, weather: dict[str, Any], cluster: bool, commands: list[Command], minutes: float
    ) -> None:
        self.now += timedelta(minutes=minutes)
        live = self.live if cluster else None
        self._decide(Seen(self.now, live=live, commands=tuple(commands), **weather))

    @rule(
        weather=st.sampled_from(
            [
                {"verdict": "rollback"},
                {"alerts": ("NoReadyEndpoints",)},
                {"broken": "https://tests.example.com/smoke: 500"},
                {"preflight": ("no spare accelerators",)},
                {"commands": (Command.ABORT,)},
            ]
        )
    )
    def something_is_wrong(self, weather: dict[str, Any]) -> None:
        self._decide(Seen(self.now, live=self.live, **weather))

    @precondition(lambda self: self.state.act is not None)
    @rule()
    def the_act_is_done(self) -> None:
        self._apply()
        self._decide(Seen(self.now, acted=True, live=self.live, alerts=()))

    @precondition(lambda self: self.state.act is not None)
    @rule(half_way=st.booleans())
    def the_act_fails(self, half_way: bool) -> None:
        if half_way:
            self._apply()
        self._decide(Seen(self.now, failed="the API server is away"))

    @precondition(lambda self: self.state.act is not None)
    @rule()
    def the_controller_is_killed_half_way(self) -> None:
        # The journal has the act; the next controller does it again.
        self._apply()

    @precondition(lambda self: self.state.act is None and not self.state.done)
    @rule(weight=st.sampled_from([0.0, 20.0]))
    def somebody_moves_the_traffic(self, weight: float) -> None:
        self.live = Split("v1", {"v2": weight})
        self.others_moved = True

    def _apply(self) -> None:
        act = self.state.act
        assert isinstance(act, Act)
        self.live = act.split

    @invariant()
    def its_end_is_what_the_cluster_routes(self) -> None:
        match self.state.outcome:
            case Outcome.ROLLED_BACK:
                assert self.live.share("v2") == 0
            case Outcome.PROMOTED if not self.others_moved:
                assert self.live == Split("v2", {})
            case Outcome.REFUSED if not self.others_moved:
                assert self.live == Split("v1", {})
            case Outcome.LEFT:
                assert self.others_moved

    @invariant()
    def what_was_condemned_is_never_promoted(self) -> None:
        if self.condemned:
            assert self.state.outcome is not Outcome.PROMOTED

    def teardown(self) -> None:
        """From wherever it is, good weather brings it to an end."""
        for _ in range(40):
            if self.state.done:
                return
            if self.state.act is not None:
                self.the_act_is_done()
                continue
            self.now += timedelta(minutes=2)
            commands = (Command.RESUME, Command.PROMOTE)
            self._decide(
                Seen(
                    self.now,
                    verdict="promote",
                    requests=500,
                    live=self.live,
                    alerts=(),
                    preflight=(),
                    commands=commands,
                )
            )
        raise AssertionError(f"no end from {self.state}")


TestWeather = Weather.TestCase
TestWeather.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
