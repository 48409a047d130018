"""The evidence for a canary is what its definition says, at the worst dispersion that is left."""

from __future__ import annotations

import math

import pytest

from rollout.judge.promotion import SPARE, Merit, absolute, earned, either, relative
from rollout.judge.rollback import Bets
from rollout.judge.samples import Tally
from tests.unit.rollout.judge.formulas import DISPERSIONS, EVEN, counted

PARTS = (0.05, 0.1, 0.2, 0.4, 0.6)
LIMIT = 0.05
NEVER = 1e6
FEARS = [-math.log(each) for each in DISPERSIONS]
"""A clump of 15 is feared a fifteenth as much."""


def towards(*logs: float) -> Bets:
    return Bets(towards=(*logs, *[0.0] * (len(DISPERSIONS) - len(logs))))


def refuted_but(*places: int) -> tuple[float, ...]:
    return tuple(0.0 if place in places else -1e3 for place in range(len(DISPERSIONS)))


@pytest.mark.parametrize("dispersion", range(len(DISPERSIONS)))
@pytest.mark.parametrize("bad", [0, 1, 4])
def test_merit_is_the_mean_odds_of_good_rates_against_the_limit(bad: int, dispersion: int) -> None:
    merit = earned(earned(Merit(), Tally(bad, 60), LIMIT, NEVER), Tally(0, 30), LIMIT, NEVER)
    phi = DISPERSIONS[dispersion]
    odds = [
        counted(bad, 60, part * LIMIT, phi)
        / counted(bad, 60, LIMIT, phi)
        * counted(0, 30, part * LIMIT, phi)
        / counted(0, 30, LIMIT, phi)
        for part in PARTS
    ]
    mean = math.fsum(odds) / len(odds)
    assert absolute(merit, refuted_but(dispersion)) == pytest.approx(math.log(mean))


def test_merit_is_kept_up_to_its_ceiling() -> None:
    merit = earned(Merit(), Tally(0, 10_000), LIMIT, 7.6)
    assert absolute(merit, refuted_but(0)) == pytest.approx(7.6)
    assert absolute(earned(merit, Tally(1, 1), LIMIT, 7.6), refuted_but(0)) < 7.6


def test_without_answers_nothing_is_earned() -> None:
    assert absolute(earned(Merit(), Tally(0, 0), LIMIT, NEVER), refuted_but(0)) == 0
    assert relative(Bets(), refuted_but(0)) == 0


def test_six_hundred_answers_without_an_error_pass_where_errors_come_one_by_one() -> None:
    """As docs/judge.md says for an error ratio of 1% at beta = 1%."""
    enough = [
        total
        for total in range(100, 1000, 10)
        if absolute(earned(Merit(), Tally(0, total), 0.01, NEVER), refuted_but(0)) >= math.log(100)
    ]
    assert 550 <= enough[0] <= 650


def test_1300_pass_where_nothing_says_how_errors_come() -> None:
    enough = [
        total
        for total in range(1000, 2000, 10)
        if absolute(earned(Merit(), Tally(0, total), 0.01, NEVER), EVEN) >= math.log(100)
    ]
    assert 1250 <= enough[0] <= 1350


def test_the_worst_dispersion_decides_by_what_it_has_to_be_feared() -> None:
    assert relative(towards(4.0, 3.0, 5.0), refuted_but(0, 1, 2)) == pytest.approx(
        min(4.0, 3.0 - FEARS[1], 5.0 - FEARS[2])
    )
    assert relative(towards(4.0, 1.0), refuted_but(0, 1)) == pytest.approx(1.0 - FEARS[1])


def test_what_speaks_against_a_dispersion_speaks_for_the_canary_at_it() -> None:
    told = (0.0, -5.0, *[-1e3] * 5)
    assert relative(towards(9.0, 2.0), told) == pytest.approx(2.0 + 5.0 - FEARS[1])
    # The second is feared most here, whatever the first explains.
    told = (-7.0, 0.0, *[-1e3] * 5)
    assert relative(towards(2.0, 9.0), told) == pytest.approx(min(2.0 + FEARS[1] + 7, 9.0))


@pytest.mark.parametrize(("odds", "counts"), [(-8.9, True), (-9.0, True), (-9.1, False)])
def test_a_dispersion_is_refuted_beyond_8000_to_1(odds: float, counts: bool) -> None:
    # What is as feared as can be is the second one, exactly at 0.
    told = (odds, -FEARS[1], *[-1e3] * 5)
    assert (relative(towards(-50.0, 0.0), told) < -40) == counts


def test_of_two_ways_to_be_good_either_will_do() -> None:
    assert either(math.log(3), math.log(5)) == pytest.approx(math.log(4))
    assert either(200.0, -1e9) == pytest.approx(200 - math.log(2))


def test_the_spare_is_twenty_to_one() -> None:
    assert math.exp(SPARE) == pytest.approx(20, rel=0.01)


def test_merits_of_other_dispersions_or_rates_are_refused() -> None:
    """As a state that another release left may have them."""
    short = Merit(((0.0,) * len(PARTS),) * 3)
    narrow = Merit(((0.0,) * 3,) * len(DISPERSIONS))
    for merit in (short, narrow):
        with pytest.raises(ValueError, match="zip"):
            earned(merit, Tally(0, 1), LIMIT, NEVER)
    with pytest.raises(ValueError, match="zip"):
        absolute(short, EVEN)
    with pytest.raises(ValueError, match="zip"):
        absolute(Merit(), (*EVEN, 0.0))
    with pytest.raises(ValueError, match="zip"):
        relative(Bets(towards=(0.0,) * 3), EVEN)
