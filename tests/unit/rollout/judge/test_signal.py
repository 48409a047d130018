"""What one interval does to one signal."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from rollout.judge.dispersion import Dispersion
from rollout.judge.rollback import NOTHING, Bets, evidence, staked
from rollout.judge.samples import NO_TALLY, Tally
from rollout.judge.settings import Settings
from rollout.judge.signal import alone, ceiling, compared, promoting, shared
from rollout.judge.state import Signal
from tests.unit.rollout.judge.formulas import DISPERSIONS, EVEN, counted, size_of, urn

SETTINGS = Settings()
RATIOS = (1.5, 3.0, 8.0, 30.0, 1e4)
PRIORS = (0.76, *[0.04] * 6)
KNOWN = Dispersion(bad=1.0, total=1000.0)
CANARY, STABLE = Tally(3, 40), Tally(2, 360)
ONE_BY_ONE = (0.0, *[-1e3] * 6)


def after(
    signal: Signal,
    canary: Tally = CANARY,
    stable: Tally = STABLE,
    settings: Settings = SETTINGS,
    known: Dispersion = KNOWN,
) -> Signal:
    return compared(signal, canary, stable, known, settings=settings, limit=0.01)


def won(purse: float, here: int, there: int, share: float, usual: float) -> float:
    """E of a purse that is bet on an interval, by the definitions.

    Args:
        share: what is expected here, of a canary that is no worse.
        usual: bad answers that were to be expected.
    """
    bets = [
        prior
        * purse
        / len(RATIOS)
        * urn(here, there, ratio * share / (ratio * share + 1 - share), size)
        for prior, size in zip(
            PRIORS, [size_of(usual, here + there, each) for each in DISPERSIONS], strict=True
        )
        for ratio in RATIOS
    ]
    alike = [urn(here, there, share, size_of(usual, here + there, each)) for each in DISPERSIONS]
    return math.fsum(bets) / max(alike)


def test_a_signal_begins_without_counts_money_or_evidence() -> None:
    assert Signal() == Signal(Bets(), Signal().merit, NO_TALLY, NO_TALLY, 0.0, NOTHING, EVEN)


def test_the_purse_is_bet_on_how_bad_answers_split() -> None:
    signal = after(Signal(purse=0.5))
    assert signal.purse == 0
    assert (signal.canary, signal.stable) == (CANARY, STABLE)
    assert signal.against == pytest.approx(math.log(won(0.5, 3, 2, 0.1, 0.4)))


def test_a_tolerance_expects_so_many_more_bad_answers_in_the_canary() -> None:
    signal = after(Signal(purse=0.5), settings=replace(SETTINGS, tolerance=2.0))
    assert signal.against == pytest.approx(math.log(won(0.5, 3, 2, 2 / 11, 0.4)))


@pytest.mark.parametrize(
    ("canary", "stable"),
    [
        (Tally(0, 40), Tally(0, 360)),
        (Tally(3, 40), NO_TALLY),
        (NO_TALLY, Tally(3, 360)),
        (NO_TALLY, NO_TALLY),
    ],
    ids=["no bad answers", "no stable", "no canary", "no answers"],
)
def test_without_bad_answers_of_two_arms_the_purse_is_kept(canary: Tally, stable: Tally) -> None:
    signal = after(Signal(purse=0.5), canary, stable)
    assert (signal.purse, signal.bets) == (0.5, Bets())
    assert (signal.canary, signal.stable) == (canary, stable)


@pytest.mark.parametrize(
    ("canary", "stable"),
    [
        (Tally(1, 40), Tally(0, 360)),
        (Tally(0, 40), Tally(1, 360)),
        (Tally(1, 40), Tally(1, 360)),
    ],
)
def test_bad_answers_of_either_arm_settle_bets(canary: Tally, stable: Tally) -> None:
    assert after(Signal(purse=0.5), canary, stable).purse == 0


def test_counts_add_up_over_intervals() -> None:
    signal = after(after(Signal()))
    assert (signal.canary, signal.stable) == (Tally(6, 80), Tally(4, 720))


def test_history_weighs_what_is_plausible() -> None:
    known = replace(KNOWN, plausible=ONE_BY_ONE)
    signal = after(Signal(purse=0.5), Tally(0, 40), Tally(0, 360), known=known)
    assert signal.plausible == ONE_BY_ONE
    assert after(Signal(), known=known).plausible[1] < -900


def test_merit_is_earned_by_the_canarys_answers_against_the_limit() -> None:
    odds = [
        counted(3, 40, part * 0.01, 1.0) / counted(3, 40, 0.01, 1.0)
        for part in (0.05, 0.1, 0.2, 0.4, 0.6)
    ]
    signal = replace(after(Signal()), plausible=ONE_BY_ONE)
    assert promoting("errors", signal) == pytest.approx(math.log(math.fsum(odds) / 5))
    assert after(Signal(), canary=NO_TALLY).merit == Signal().merit


def test_merit_is_kept_up_to_beta_and_twenty_times_more() -> None:
    assert ceiling(SETTINGS) == pytest.approx(3 + math.log(100))
    signal = replace(after(Signal(), Tally(0, 10**6)), plausible=ONE_BY_ONE)
    assert promoting("errors", signal) == pytest.approx(3 + math.log(100))


def test_comparison_is_kept_up_to_the_same() -> None:
    signal = after(Signal(), Tally(0, 400), Tally(3000, 3600), known=Dispersion(bad=1, total=2))
    assert signal.bets.towards[0] == pytest.approx(3 + math.log(100))


def test_alone_the_purse_is_bet_against_the_limit() -> None:
    signal = alone(Signal(purse=0.5), CANARY, KNOWN, SETTINGS, 0.01)
    expected = [
        prior * 0.1 * counted(3, 40, min(ratio * 0.01, 0.99), each) / counted(3, 40, 0.01, each)
        for prior, each in zip(PRIORS, DISPERSIONS, strict=True)
        for ratio in RATIOS
    ]
    assert signal.against == pytest.approx(math.log(math.fsum(expected)))
    assert signal.purse == 0
    assert (signal.canary, signal.stable) == (CANARY, NO_TALLY)
    assert signal.merit == after(Signal()).merit


def test_lost_requests_are_bet_on_by_the_share_that_may_be_missed() -> None:
    # Of 100 requests 10 may be had, or 8: stable expects 90 to 10 at 1.25 times its part.
    signal = shared(Signal(purse=0.5), 2, 98, 0.1, SETTINGS)
    stable = 1.25 * 0.9 / (1.25 * 0.9 + 0.1)
    assert signal.against == pytest.approx(math.log(won(0.5, 98, 2, stable, 100.0)))
    assert signal.purse == 0
    assert (signal.canary, signal.stable) == (Tally(2, 100), Tally(98, 100))


def test_the_share_learns_nothing_from_history() -> None:
    signal = shared(Signal(purse=0.5), 2, 98, 0.1, SETTINGS)
    assert signal.against == evidence(signal.bets, EVEN)
    assert shared(signal, 1, 9, 0.1, SETTINGS).canary == Tally(3, 110)
    assert shared(signal, 1, 9, 0.1, SETTINGS).stable == Tally(107, 110)


def test_the_share_keeps_evidence_up_to_the_ceiling() -> None:
    signal = shared(Signal(), 5000, 5000, 0.1, SETTINGS)
    assert signal.bets.towards[0] == pytest.approx(3 + math.log(100))


def test_errors_have_to_be_rare_and_others_may_be_as_frequent_as_in_stable() -> None:
    bets = Bets(towards=(math.log(400),) * 7)
    signal = Signal(bets=bets, plausible=ONE_BY_ONE)
    assert promoting("errors", signal) == pytest.approx(0)
    assert promoting("slower_1", signal) == pytest.approx(math.log(401 / 2))
    assert promoting("gateway", signal) == pytest.approx(math.log(401 / 2))


def test_money_that_was_bet_before_stays_bet() -> None:
    before = Signal(bets=staked(Bets(), 0.25), purse=0.25)
    assert after(before).bets == after(Signal(purse=0.5)).bets
