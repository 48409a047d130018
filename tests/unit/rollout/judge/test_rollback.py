"""The evidence against a canary is what its definition says, and cannot be had by chance."""

from __future__ import annotations

import math
from itertools import product

import pytest

from rollout.judge.likelihood import Shares
from rollout.judge.rollback import (
    Bets,
    evidence,
    explained,
    settled,
    settled_alone,
    staked,
)
from rollout.judge.samples import Tally
from tests.unit.rollout.judge.formulas import (
    DISPERSIONS,
    EVEN,
    counted,
    log_of_sum,
    size_of,
    urn,
)

RATIOS = (1.5, 3.0, 8.0, 30.0, 1e4)
PRIORS = (0.76, 0.04, 0.04, 0.04, 0.04, 0.04, 0.04)
LOW_RATE = 0.001
NEVER = 1e6
TENTH = Shares(0.1, 0.9)
CANARY, STABLE = Tally(3, 40), Tally(2, 360)


def after(bets: Bets, canary: Tally, stable: Tally, rate: float = LOW_RATE) -> Bets:
    return settled(bets, canary, stable, expected=TENTH, rate=rate, ceiling=NEVER)


def likelihoods(ratio: float, rate: float) -> list[float]:
    """P by dispersion of how CANARY's and STABLE's bad answers split, from the definitions."""
    share = ratio * 0.1 / (ratio * 0.1 + 0.9)
    return [urn(3, 2, share, size_of(rate * 400, 5, each)) for each in DISPERSIONS]


def test_money_that_is_not_played_is_worth_itself() -> None:
    assert evidence(staked(Bets(), 0.4), EVEN) == pytest.approx(math.log(0.4))
    assert evidence(staked(staked(Bets(), 0.4), 0.5), EVEN) == pytest.approx(math.log(0.9))


def test_without_money_there_is_no_bet() -> None:
    assert staked(Bets(), 0) == staked(Bets(), -1e-18) == Bets()
    assert evidence(Bets(), EVEN) < -1e8


def test_bets_win_what_their_ratio_explains_better_than_no_difference() -> None:
    bets = after(staked(Bets(), 0.5), CANARY, STABLE)
    alike = likelihoods(1, LOW_RATE)
    won = sum(
        prior * 0.5 / 5 * worse
        for ratio in RATIOS
        for prior, worse in zip(PRIORS, likelihoods(ratio, LOW_RATE), strict=True)
    )
    assert evidence(bets, EVEN) == pytest.approx(math.log(won / max(alike)))


def test_what_history_says_of_dispersions_weighs_bets_and_their_explanation() -> None:
    known = (-3.0, -2.0, 0.0, -0.5, -1.0, -2.0, -4.0)
    bets = after(staked(Bets(), 0.5), CANARY, STABLE)
    won = sum(
        prior * math.exp(told) * 0.5 / 5 * worse
        for ratio in RATIOS
        for prior, told, worse in zip(PRIORS, known, likelihoods(ratio, LOW_RATE), strict=True)
    )
    alike = zip(known, likelihoods(1, LOW_RATE), strict=True)
    best = max(math.exp(told) * each for told, each in alike)
    assert evidence(bets, known) == pytest.approx(math.log(won / best))


def test_intervals_multiply_and_each_bet_plays_from_when_it_was_made() -> None:
    bets = after(staked(after(staked(Bets(), 0.4), CANARY, STABLE), 0.2), CANARY, STABLE)
    alike = likelihoods(1, LOW_RATE)
    won = sum(
        prior * (0.4 / 5 * (worse / same) + 0.2 / 5) * worse * same
        for ratio in RATIOS
        for prior, worse, same in zip(PRIORS, likelihoods(ratio, LOW_RATE), alike, strict=True)
    )
    assert evidence(bets, EVEN) == pytest.approx(math.log(won / max(alike) ** 2))


@pytest.mark.parametrize("dispersion", DISPERSIONS)
def test_a_canary_that_is_no_worse_wins_nothing_on_average(dispersion: float) -> None:
    """Over all ways in which two intervals can go: that is what Ville's inequality takes."""
    found, size = 6, size_of(0.01 * 400, 6, dispersion)
    mean = 0.0
    for ones, others in product(range(found + 1), repeat=2):
        bets = staked(Bets(), 1.0)
        probability = 1.0
        for bad in (ones, others):
            bets = after(bets, Tally(bad, 40), Tally(found - bad, 360), rate=0.01)
            probability *= math.comb(found, bad) * urn(bad, found - bad, 0.1, size)
        mean += probability * math.exp(evidence(bets, EVEN))
    assert mean <= 1


def test_dispersions_are_explained_by_how_bad_answers_split() -> None:
    bets = after(Bets(), CANARY, STABLE)
    alike = likelihoods(1, LOW_RATE)
    assert explained(bets, EVEN) == pytest.approx([math.log(p / max(alike)) for p in alike])
    assert max(explained(bets, (-1.0, *EVEN[1:]))) == 0


def test_a_step_makes_no_dispersion_impossible() -> None:
    bets = Bets()
    for _ in range(200):
        bets = after(bets, Tally(1, 40), Tally(9, 360), rate=0.005)
    # One by one explains it best; 120 at once, of 1 in 200, would be unheard of.
    assert explained(bets, EVEN) == pytest.approx((0, -8, -8, -8, -8, -8, -16))


@pytest.mark.parametrize("dispersion", range(len(DISPERSIONS)))
def test_evidence_towards_promotion_is_the_odds_of_no_difference(dispersion: int) -> None:
    alike, thrice = likelihoods(1, LOW_RATE), likelihoods(3, LOW_RATE)
    bets = after(after(Bets(), CANARY, STABLE), CANARY, STABLE)
    odds = math.log(alike[dispersion] / thrice[dispersion])
    assert bets.towards[dispersion] == pytest.approx(2 * odds)


def test_evidence_towards_promotion_is_kept_up_to_its_ceiling() -> None:
    bets = settled(Bets(), Tally(0, 40), Tally(20, 360), expected=TENTH, rate=0.05, ceiling=1.5)
    assert bets.towards[0] == 1.5
    assert after(bets, CANARY, STABLE).towards[0] < 1.5


@pytest.mark.parametrize("limit", [0.01, 0.3])
def test_alone_a_canary_is_measured_by_the_limit(limit: float) -> None:
    bets = settled_alone(staked(Bets(), 0.5), CANARY, limit)
    won = [
        log_of_sum(
            [
                math.log(0.5 / 5)
                + math.log(
                    counted(3, 40, min(ratio * limit, 0.99), each) / counted(3, 40, limit, each)
                )
                for ratio in RATIOS
            ]
        )
        for each in DISPERSIONS
    ]
    owned = [math.log(prior) + each for prior, each in zip(PRIORS, won, strict=True)]
    assert evidence(bets, EVEN) == pytest.approx(log_of_sum(owned))


@pytest.mark.parametrize("dispersions", [3, 8])
def test_bets_of_other_dispersions_are_refused(dispersions: int) -> None:
    """As a state that another release left may have them."""
    other = (0.0,) * dispersions
    rows = ((0.0,) * len(RATIOS),) * dispersions
    for bets in (Bets(worth=rows), Bets(fits=other), Bets(nulls=other)):
        with pytest.raises(ValueError, match="zip"):
            evidence(bets, EVEN)
    with pytest.raises(ValueError, match="zip"):
        after(Bets(rows, other, other, other), CANARY, STABLE)
    with pytest.raises(ValueError, match="zip"):
        settled_alone(Bets(worth=rows), CANARY, 0.01)
    with pytest.raises(ValueError, match="zip"):
        explained(Bets(), other)


def test_bets_on_other_ratios_are_refused() -> None:
    narrow = Bets(worth=((0.0,) * 3,) * len(DISPERSIONS))
    with pytest.raises(ValueError, match="zip"):
        after(narrow, CANARY, STABLE)
    with pytest.raises(ValueError, match="zip"):
        settled_alone(narrow, CANARY, 0.01)
