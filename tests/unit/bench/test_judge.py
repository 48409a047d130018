"""The simulated releases are what they say, and the figures beside them are right."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bench.exact import interval
from bench.judge.goals import missed
from bench.judge.judges import Outcome, argo_like, flagger_like, higher, mann_whitney, ours, rule
from bench.judge.limit import limit
from bench.judge.report import tables
from bench.judge.scenarios import SCENARIOS, SCRAPE, SOUND, Phase, Scenario
from bench.judge.traffic import BOUNDS, simulated, slow_shares
from bench.judge.trials import Found

WORSE = Scenario("worse", "fault", (Phase(canary=replace(SOUND, errors=0.5)),), within=2.5)
ALIKE = Scenario("alike", "sound", (Phase(),), window=1800)
SILENT = Scenario("silent", "sound", (Phase(rate=0),))


def _found(scenario: Scenario, *ends: Outcome) -> dict[str, Found]:
    return {name: Found(scenario, ends) for name in ("ours", "ours, errors alone")}


def test_names_of_scenarios_tell_them_apart() -> None:
    assert len({each.name for each in SCENARIOS}) == len(SCENARIOS)


def test_a_seed_and_a_number_make_a_trace() -> None:
    one, again, other = (simulated(ALIKE, 3, number) for number in (1, 1, 2))
    assert (one.canary.requests == again.canary.requests).all()
    assert (one.canary.requests != other.canary.requests).any()


def test_arms_answer_as_their_phase_says() -> None:
    faulty = replace(SOUND, errors=0.2, poor=0.3, lost=0.1, pauses=0.5)
    canary = simulated(Scenario("", "fault", (Phase(canary=faulty),)), 1, 1).canary
    served = canary.requests.sum()
    assert served == pytest.approx(100 * 0.1 * 0.9 * 3600, rel=0.02)
    assert canary.lost.sum() / (served + canary.lost.sum()) == pytest.approx(0.1, rel=0.05)
    assert canary.errors.sum() / served == pytest.approx(0.2, rel=0.05)
    assert canary.poor.sum() / served == pytest.approx(0.3, rel=0.05)
    slow = 1 - canary.below.sum(axis=1) / served
    assert slow == pytest.approx(slow_shares(faulty), abs=0.01)


@pytest.mark.parametrize("size", [1, 5, 30])
def test_bursts_change_how_errors_clump_and_not_how_many_there_are(size: int) -> None:
    errors = replace(SOUND, errors=0.01, burst=size)
    counts = [
        simulated(Scenario("", "sound", (Phase(stable=errors),)), 1, number).stable.errors
        for number in range(20)
    ]
    assert np.mean(counts) == pytest.approx(0.01 * 90 * SCRAPE, rel=0.1)
    # Of a geometric size with mean m, mean square over mean is 2m - 1.
    assert np.var(counts) / np.mean(counts) == pytest.approx(2 * size - 1, rel=0.2)


def test_counters_only_fall_when_a_pod_restarts() -> None:
    trace = simulated(replace(ALIKE, restarts=(600,)), 1, 1)
    requests = [
        sample.tallies["errors"].total
        for _, samples in trace.scrapes()
        for sample in samples
        if sample.series == "canary"
    ]
    falls = [place for place, (one, two) in enumerate(pairwise(requests)) if two < one]
    assert falls == [600 // SCRAPE]


def test_scrapes_that_are_missing_lose_nothing() -> None:
    whole, holes = simulated(ALIKE, 1, 1), simulated(replace(ALIKE, missing=0.5), 1, 1)
    rows = sum(len(samples) for _, samples in whole.scrapes())
    assert sum(len(samples) for _, samples in holes.scrapes()) < 0.8 * rows
    assert (whole.canary.requests == holes.canary.requests).all()


def test_every_judge_takes_back_a_canary_that_fails_half_of_its_requests() -> None:
    trace = simulated(WORSE, 1, 1)
    found = [judge(trace) for judge in (ours, rule, flagger_like, argo_like, mann_whitney)]
    assert [each.decision for each in found] == ["rollback"] * 5
    assert [each.t for each in found[1:]] == [315, 300, 240, 600]
    assert found[0].t <= 30


def test_without_a_request_ours_waits_and_checks_fail() -> None:
    trace = simulated(SILENT, 1, 1)
    assert ours(trace).decision == "hold"
    assert (flagger_like(trace).decision, argo_like(trace).decision) == ("rollback", "rollback")


def test_the_limit_is_that_of_two_coins() -> None:
    """p* = 0.0029: 10 KL(0.02, p*) + 90 KL(0.001, p*) = 0.293 nats a second."""
    scenario = next(each for each in SCENARIOS if each.name == "errors 0.1 to 2%, 100/s")
    assert limit(scenario) == pytest.approx(math.log(100) / 0.293, rel=0.01)
    ten = next(each for each in SCENARIOS if each.name == "errors 0.1 to 2%, 10/s")
    assert limit(ten) == pytest.approx(10 * (limit(scenario) or 0))


def test_no_limit_is_known_where_errors_come_in_bursts() -> None:
    burst = replace(SOUND, errors=0.1, burst=5)
    assert limit(Scenario("", "fault", (Phase(canary=burst),))) is None


def test_slow_shares_fall_with_the_bound() -> None:
    shares = slow_shares(SOUND)
    assert list(shares) == sorted(shares, reverse=True)
    assert shares[BOUNDS.index(0.1)] == pytest.approx(0.5)
    assert slow_shares(replace(SOUND, slower=2))[BOUNDS.index(0.2)] == pytest.approx(0.5)


def test_bounds_of_a_probability_are_exact() -> None:
    """0 of n: 1 - (1 - p)^n = 97.5%; by symmetry of n of n; 5 of 10 from Clopper and Pearson."""
    assert list(interval(0, 100)) == pytest.approx([0, 1 - 0.025**0.01])
    assert list(interval(100, 100)) == pytest.approx([0.025**0.01, 1])
    assert list(interval(5, 10)) == pytest.approx([0.1871, 0.8129], abs=1e-4)


def test_ranks_tell_higher_from_alike() -> None:
    """All of ten above all of ten: U = 100, z = (50 - 0.5) / sqrt(175)."""
    low, high = np.arange(10.0), np.arange(10.0) + 10
    assert higher(high, low) == pytest.approx(0.5 * math.erfc(49.5 / math.sqrt(175) / math.sqrt(2)))
    assert higher(low, high) > 0.99
    assert higher(np.ones(5), np.ones(5)) == 1
    assert higher(np.array([math.nan]), low) == 1


def test_a_goal_is_missed_by_a_late_roll_back_or_none() -> None:
    late, never = Outcome("rollback", 3000), Outcome("hold", 3600)
    assert not list(missed(WORSE, _found(WORSE, Outcome("rollback", 30))))
    assert "not 2.5" in next(iter(missed(WORSE, _found(WORSE, late))))
    assert "never" in next(iter(missed(WORSE, _found(WORSE, never))))


def test_a_probability_is_missed_only_where_chance_does_not_explain_it() -> None:
    good, bad = Outcome("promote", 1800), Outcome("rollback", 60)
    assert not list(missed(ALIKE, _found(ALIKE, *[good] * 98, *[bad] * 2)))
    assert list(missed(ALIKE, _found(ALIKE, *[good] * 90, *[bad] * 10)))


def test_a_roll_back_before_the_fault_is_no_find() -> None:
    late = replace(WORSE, begins=1200)
    found = Found(late, [Outcome("rollback", 600), Outcome("rollback", 1260)])
    assert (found.early(), found.delay()) == (1, 60)


def test_tables_say_what_was_found_of_each_scenario() -> None:
    results = [(each, _found(each, Outcome("rollback", 90))) for each in (WORSE, ALIKE)]
    text = tables(results)
    assert "| worse |" in text
    assert "1.50" in text
    assert "100.0% (2.5% to 100.0%)" in text
