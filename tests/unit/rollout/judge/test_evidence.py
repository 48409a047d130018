"""Which verdict follows from what is known, exactly where it changes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from rollout.judge.evidence import path, verdict
from rollout.judge.ledger import Ledger
from rollout.judge.samples import Tally
from rollout.judge.settings import Settings
from rollout.judge.state import Judge, Point, Signal
from rollout.judge.verdict import Need, SignalEvidence

SETTINGS = Settings(alpha=0.01, beta=0.02, window=600, min_requests=500)
CERTAIN, ENOUGH = -math.log(0.01), -math.log(0.02)
CANARY, STABLE = Tally(1, 500), Tally(9, 4500)


def judge(**changes: Any) -> Judge:  # noqa: ANN401
    """A step that may be passed, but for the changes."""
    errors = Signal(canary=CANARY, stable=STABLE, against=-1.0)
    passed = Judge(
        SETTINGS,
        signals={"errors": errors, "slower_1": Signal(against=-2.0)},
        began=100.0,
        now=700.0,
        fresh=True,
        promotion={"errors": ENOUGH, "slower_1": 9.0},
    )
    return replace(passed, **changes)


def needs(changed: Judge) -> list[Need]:
    return list(verdict(changed).needs)


def test_a_step_that_has_all_it_needs_is_passed() -> None:
    found = verdict(judge())
    assert (found.decision, found.signal, found.needs) == ("promote", "", ())
    assert (found.t, found.elapsed, found.requests) == (700, 600, 500)
    assert [found.rollback_at, found.promotion_at] == pytest.approx([100, 50])
    assert (found.rollback, found.promotion) == (1, 50)


def test_a_step_without_data_needs_all_of_it() -> None:
    found = verdict(Judge(SETTINGS))
    assert (found.decision, found.signal) == ("hold", "")
    assert (found.t, found.elapsed, found.requests) == (0, 0, 0)
    assert (found.rollback, found.promotion, found.share, found.signals) == (1, 1, None, ())
    assert found.needs == (
        Need("data", "", 0, 1),
        Need("window", "", 0, 600),
        Need("requests", "", 0, 500),
    )


def test_the_newest_samples_must_be_of_both_arms() -> None:
    assert needs(judge(fresh=False)) == [Need("data", "", 0, 1)]


def test_the_window_must_be_over() -> None:
    assert needs(judge(now=699.5)) == [Need("window", "", 599.5, 600)]
    assert verdict(judge(began=None)).elapsed == 0
    assert verdict(judge(now=None)).elapsed == 0


def test_enough_requests_must_have_reached_the_canary() -> None:
    few = Signal(canary=Tally(0, 499), stable=Tally(0, 9000), against=-1.0)
    assert needs(judge(signals={"errors": few})) == [Need("requests", "", 499, 500)]


def test_every_signal_must_have_shown_that_it_is_good() -> None:
    found = verdict(judge(promotion={"errors": ENOUGH - 0.01, "slower_1": 1.0}))
    assert [(need.kind, need.signal) for need in found.needs] == [
        ("evidence", "errors"),
        ("evidence", "slower_1"),
    ]
    assert found.needs[1].found == 2.718
    assert found.needs[1].wanted == pytest.approx(50)
    assert (found.signal, found.promotion) == ("errors", 2.718)


def test_evidence_against_the_canary_above_the_square_root_stops_it() -> None:
    signals = {"errors": Signal(canary=CANARY, against=0.5), "slower_1": Signal(against=2.0)}
    found = verdict(judge(rollback=CERTAIN / 2 + 0.01, signals=signals))
    assert (found.decision, found.signal) == ("hold", "slower_1")
    (need,) = found.needs
    assert (need.kind, need.signal, need.found) == ("calm", "slower_1", 10.1)
    assert need.wanted == pytest.approx(10)
    assert needs(judge(rollback=CERTAIN / 2)) == []


@pytest.mark.parametrize(("peak", "decision"), [(CERTAIN, "rollback"), (CERTAIN - 1e-9, "promote")])
def test_a_step_is_taken_back_when_evidence_reached_its_bound_once(
    peak: float, decision: str
) -> None:
    assert verdict(judge(peak=peak)).decision == decision


def test_a_step_that_is_taken_back_names_its_signal_and_needs_nothing() -> None:
    signals = {"errors": Signal(canary=CANARY, against=0.5), "slower_1": Signal(against=5.0)}
    found = verdict(judge(peak=9.0, rollback=CERTAIN + 1, fresh=False, signals=signals))
    assert (found.decision, found.signal, found.needs) == ("rollback", "slower_1", ())
    assert found.rollback == 271.8


def test_signals_tell_what_they_say_the_strongest_against_the_canary_first() -> None:
    told = (0.0, -1.0, -2.0, -3.0, -3.1, -4.0, -5.0)
    signals = {
        "errors": Signal(canary=CANARY, stable=STABLE, against=-1.0, plausible=told),
        "share": Signal(against=1.0),
    }
    assert verdict(judge(signals=signals, promotion={"errors": 3.0})).signals == (
        SignalEvidence("share", Tally(0, 0), Tally(0, 0), 2.718, None, (1, 120)),
        SignalEvidence("errors", CANARY, STABLE, 0.3679, 20.09, (1, 6)),
    )


def test_the_least_plausible_dispersion_need_not_be_the_first() -> None:
    told = (-9.0, -9.0, -0.5, 0.0, -9.0, -9.0, -9.0)
    found = verdict(judge(signals={"errors": Signal(canary=CANARY, plausible=told)}))
    assert found.signals[0].dispersion == (3, 6)


def test_a_signal_of_other_dispersions_is_refused() -> None:
    """As a state that another release left may have it."""
    with pytest.raises(ValueError, match="zip"):
        verdict(judge(signals={"errors": Signal(canary=CANARY, plausible=(0.0,) * 3)}))


def test_what_the_ledger_missed_is_told() -> None:
    found = verdict(judge(ledger=Ledger(late=3, restarts=4), share=0.2))
    assert (found.late, found.restarts, found.share) == (3, 4, 0.2)


def test_evidence_beyond_all_doubt_is_still_a_number_of_json() -> None:
    found = verdict(judge(peak=5000.0, rollback=5000.0))
    assert found.rollback > 1e290
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["rollback"] == found.rollback
    assert verdict(judge(rollback=680.0)).rollback == float(f"{math.exp(680):.4g}")


def test_the_path_is_evidence_over_time() -> None:
    points = (Point(1, 2, 3), Point(4, 5, 6))
    assert path(judge(path=points)) == points
