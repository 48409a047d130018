"""What is kept between looks, and between steps."""

from __future__ import annotations

import random

import pytest

from rollout.judge.judge import fed
from rollout.judge.ledger import Ledger
from rollout.judge.samples import Arm, Sample, Tally
from rollout.judge.settings import Settings
from rollout.judge.state import Judge, from_json, next_step, to_json

ARMS: tuple[tuple[Arm, int], ...] = (("canary", 10), ("stable", 90))


def judged(scrapes: int = 20) -> Judge:
    """A judge that has seen some errors of both arms."""
    chance = random.Random(3)  # noqa: S311 - a simulation
    judge, sums = Judge(Settings()), dict.fromkeys(("canary", "stable"), Tally(0, 0))
    for place in range(scrapes):
        for arm, requests in ARMS:
            sums[arm] += Tally(sum(chance.random() < 0.02 for _ in range(requests)), requests)
        samples = [Sample(arm, arm, 15.0 * place, {"errors": sums[arm]}) for arm, _ in ARMS]
        judge = fed(judge, samples, 0.1)
    return judge


def test_a_judge_begins_without_evidence() -> None:
    fresh = Judge(Settings())
    assert fresh == Judge(
        Settings(), Ledger(), {}, {}, {}, (), None, None, None, True, False, 0.0, 0.0, {}, ()
    )


def test_json_gives_an_equal_state_again() -> None:
    judge = judged()
    assert from_json(to_json(judge)) == judge
    assert from_json(to_json(Judge(Settings()))) == Judge(Settings())


def test_a_state_that_is_none_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="alpha"):
        from_json(to_json(judged()).replace(b'"alpha":0.01', b'"alpha":"some"'))


def test_another_step_knows_the_series_and_history_and_nothing_that_was_proved() -> None:
    judge, settings = judged(), Settings(alpha=0.05)
    step = next_step(judge, settings)
    assert (step.settings, step.share) == (settings, 0.1)
    assert (step.began, step.now) == (judge.ledger.closed, judge.now) == (285, 285)
    assert (step.history, step.usual) == (judge.history, judge.usual)
    assert step.ledger.series == judge.ledger.series
    assert (step.signals, step.promotion, step.path) == ({}, {}, ())
    assert (step.rollback, step.peak, step.fresh) == (0, 0, False)


def test_another_step_does_not_judge_the_share_of_the_interval_that_it_begins_in() -> None:
    step = next_step(judged(), Settings())
    assert not step.steady
    samples = [Sample(arm, arm, 300, {"errors": Tally(99, 9999)}) for arm, _ in ARMS]
    after = fed(step, samples, 0.1)
    assert "share" not in after.signals
    assert after.signals["errors"].canary.total == 9999 - 200
