"""How the money is divided over time and between signals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.judge.samples import Tally
from rollout.judge.schedule import family, parts, spent, telling_bounds

WINDOW = 1000.0
FEW = Tally(1, 1000)


@pytest.mark.parametrize(
    ("elapsed", "part"),
    [
        *[(-1, 0), (0, 0), (1, 0.4005), (500, 0.65), (999, 0.8995)],
        *[(1000, 0.9), (2000, 0.95), (4000, 0.975)],
    ],
)
def test_money_is_spent_at_once_then_evenly_then_ever_slower(elapsed: float, part: float) -> None:
    assert spent(elapsed, WINDOW) == pytest.approx(part, abs=1e-12)


def test_without_a_window_all_is_bet_at_once() -> None:
    assert spent(0, 0) == 0
    assert spent(0.5, 0) == 1


@given(st.floats(0, 1e7), st.floats(0, 1e7), st.floats(1, 1e5))
def test_money_is_never_taken_back_and_never_runs_out(one: float, other: float, at: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= spent(low, at) <= spent(high, at) < 1


@pytest.mark.parametrize(
    ("signal", "about"),
    [
        ("errors", "errors"),
        ("gateway", "gateway"),
        ("share", "share"),
        ("slower_0.5", "slower_"),
        ("bad_confidence", "bad_"),
    ],
)
def test_signals_belong_to_families(signal: str, about: str) -> None:
    assert family(signal) == about


def test_families_get_parts_by_how_many_faults_show_in_them() -> None:
    counts = dict.fromkeys(["errors", "gateway", "share", "slower_1", "bad_blank"], FEW)
    whole = 6 + 1.5 + 0.5 + 7 + 2
    assert parts(counts) == pytest.approx(
        {
            "errors": 6 / whole,
            "gateway": 1.5 / whole,
            "share": 0.5 / whole,
            "slower_1": 7 / whole,
            "bad_blank": 2 / whole,
        }
    )


def test_signals_of_a_family_share_its_part() -> None:
    assert parts(dict.fromkeys(["errors", "bad_blank", "bad_short"], FEW)) == pytest.approx(
        {"errors": 0.75, "bad_blank": 0.125, "bad_short": 0.125}
    )


def test_only_telling_bounds_of_latency_get_a_part() -> None:
    counts = {"slower_1": Tally(300, 1000), "slower_2": Tally(290, 1000), "errors": FEW}
    assert set(parts(counts)) == {"errors", "slower_1"}


def test_without_signals_there_are_no_parts() -> None:
    assert parts({}) == {}


def bounds(**bad: int) -> list[str]:
    """The bounds that are chosen where so many of 900 requests are slower."""
    counts = {f"slower_{name[1:]}": Tally(count, 900) for name, count in bad.items()}
    return [signal.removeprefix("slower_") for signal in telling_bounds(counts)]


def test_bounds_rise_as_numbers_and_not_as_words() -> None:
    assert bounds(b10=10, b9=400) == ["9", "10"]


@pytest.mark.parametrize(("bad", "chosen"), [(450, ["1", "2"]), (451, ["2"])])
def test_the_lowest_bound_is_one_that_half_of_the_requests_exceed(
    bad: int, chosen: list[str]
) -> None:
    assert bounds(b1=bad, b2=30) == chosen


@pytest.mark.parametrize(("bad", "chosen"), [(100, ["1", "2"]), (101, ["1"])])
def test_each_next_bound_is_one_that_a_third_as_many_exceed(bad: int, chosen: list[str]) -> None:
    assert bounds(b1=300, b2=bad) == chosen


def test_bounds_that_nobody_exceeds_are_followed_up_to_the_first() -> None:
    assert bounds(b1=300, b2=0, b3=0) == ["1", "2"]
    assert bounds(b1=0, b2=0) == ["1"]


def test_without_requests_the_highest_bound_is_followed() -> None:
    counts = dict.fromkeys(["slower_1", "slower_2", "slower_3"], Tally(0, 0))
    assert telling_bounds(counts) == ["slower_3"]


def test_where_nearly_all_are_slow_the_highest_bound_is_followed() -> None:
    assert bounds(b1=900, b2=899) == ["2"]


def test_a_bound_without_requests_is_passed_over() -> None:
    counts = {"slower_1": Tally(0, 0), "slower_2": Tally(9, 900), "slower_3": Tally(0, 900)}
    assert telling_bounds(counts) == ["slower_2", "slower_3"]
