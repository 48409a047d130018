"""What counts over time say of how bad answers clump, and how far that is believed."""

from __future__ import annotations

import math

import pytest

from rollout.judge.dispersion import Block, Dispersion, floored, learnt, rate
from rollout.judge.samples import Arm, Tally
from tests.unit.rollout.judge.formulas import DISPERSIONS, EVEN, size_of, urn

ONE_INTERVAL, FLOOR = -3.0, -4.5


def after(
    *counts: tuple[int, int], arm: Arm = "stable", known: Dispersion | None = None
) -> Dispersion:
    """What is known after intervals of one arm with so many bad of so many answers each."""
    known = Dispersion() if known is None else known
    for bad, total in counts:
        known = learnt(known, {arm: Tally(bad, total)})
    return known


def weighed(bad: int, total: int, bad_before: int, total_before: int, usual: float) -> list[float]:
    """What one comparison says of each dispersion, from the definitions."""
    both = total + total_before
    logs = [
        math.log(
            urn(
                bad,
                bad_before,
                total / both,
                size_of(usual * both, bad + bad_before, each),
            )
        )
        for each in DISPERSIONS
    ]
    return [max(log - max(logs), ONE_INTERVAL) for log in logs]


def test_at_first_nothing_is_known() -> None:
    assert Dispersion().plausible == EVEN
    assert rate(Dispersion()) == 0
    assert rate(after((0, 0))) == 0


def test_the_rate_is_of_both_arms_and_forgets_half_in_twenty_intervals() -> None:
    known = learnt(Dispersion(), {"stable": Tally(6, 80), "canary": Tally(2, 20)})
    assert (known.bad, known.total) == (8, 100)
    for _ in range(20):
        known = after((0, 10), known=known)
    kept = math.fsum(0.5 ** (each / 20) for each in range(20))
    assert known.bad == pytest.approx(4)
    assert known.total == pytest.approx(50 + 10 * kept)
    assert rate(known) == pytest.approx(4 / (50 + 10 * kept))


@pytest.mark.parametrize("bad", [1, 2, 4])
def test_an_interval_is_compared_with_those_before(bad: int) -> None:
    known = after((1, 100), (1, 60), (bad, 50))
    faded = 0.5 ** (1 / 20)
    usual = [
        (1 * faded + 1) / (100 * faded + 60),
        (1 * faded**2 + 1 * faded + bad) / (100 * faded**2 + 60 * faded + 50),
    ]
    first, second = weighed(1, 60, 1, 100, usual[0]), weighed(bad, 50, 2, 160, usual[1])
    both = [one + other for one, other in zip(first, second, strict=True)]
    assert known.plausible == pytest.approx([each - max(both) for each in both])


def test_arms_are_compared_with_themselves_alone() -> None:
    worse = after((1, 100), arm="canary", known=after((40, 100)))
    assert worse.plausible == EVEN
    assert set(worse.blocks) == {"stable", "canary"}


def test_one_interval_speaks_for_e_cubed_at_most() -> None:
    burst = after((0, 1000), (60, 1000))
    assert burst.plausible[0] == ONE_INTERVAL
    assert max(burst.plausible) == 0


@pytest.mark.parametrize(
    "counts", [((0, 100), (1, 100)), ((2, 0), (2, 100)), ((2, 100), (2, 0)), ((2, 100),)]
)
def test_what_tells_nothing_changes_nothing(counts: tuple[tuple[int, int], ...]) -> None:
    assert after(*counts).plausible == pytest.approx(EVEN)


def test_less_than_two_bad_answers_change_nothing_while_the_rate_falls() -> None:
    # With the rate, what would be unheard of becomes possible, but nothing has spoken for it.
    known = after(*[(1, 200)] * 400)
    quiet = after(*[(0, 200)] * 60, (1, 200), known=known)
    assert quiet.plausible == known.plausible
    assert 119 * rate(quiet) < 0.4 < 119 * rate(known)


def test_two_bad_answers_tell_something() -> None:
    assert min(after((1, 100), (1, 100)).plausible) < -0.1
    assert min(after((0, 100), (2, 100)).plausible) < -0.1


def test_history_is_believed_up_to_its_floor() -> None:
    known = after(*[(1, 200)] * 400)
    # 120 at once, of 1 in 200 answers, would be unheard of: 0.6 of what is usual.
    assert known.plausible == pytest.approx((0, *[FLOOR] * 5, 2 * FLOOR))


@pytest.mark.parametrize(("usual", "floor"), [(0.2, -4.5), (0.21, -9.0)])
def test_incidents_larger_than_begin_unheard_of_may_be_excluded_twice_as_far(
    usual: float, floor: float
) -> None:
    # At a dispersion of 3 an incident hits twice the rate.
    logs = [0.0, *[-100.0] * 6]
    assert floored(logs, -4.5, usual)[2] == floor


def test_floors_are_below_the_best() -> None:
    logs = [-7.0, -8.0, *[-100.0] * 5]
    assert floored(logs, -4.5, 0.0) == (0, -1, *[-4.5] * 5)


def test_blocks_end_after_eight_intervals_with_eight_bad_answers() -> None:
    assert after(*[(1, 10)] * 7).blocks["stable"] == Block(Tally(7, 70), 7)
    assert after(*[(1, 10)] * 8).blocks["stable"] == Block()
    assert after(*[(1, 10)] * 6, (0, 10), (1, 10)).blocks["stable"] == Block(Tally(7, 80), 8)
    assert after(*[(1, 10)] * 6, (0, 10), (1, 10), (1, 10)).blocks["stable"] == Block()
    assert after(*[(9, 10)] * 7).blocks["stable"] == Block(Tally(63, 70), 7)


@pytest.mark.parametrize("dispersions", [3, 8])
def test_plausibilities_of_other_dispersions_are_refused(dispersions: int) -> None:
    """As a state that another release left may have them."""
    other = (0.0,) * dispersions
    with pytest.raises(ValueError, match="zip"):
        after((5, 100), known=Dispersion(other, {"stable": Block(Tally(1, 100), 1)}))
    with pytest.raises(ValueError, match="zip"):
        floored(list(other), -4.5, 0.0)
