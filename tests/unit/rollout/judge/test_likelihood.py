"""Each formula equals the definition that it is a quick way to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.judge import likelihood
from rollout.judge.likelihood import (
    Shares,
    concentration,
    count_ratio,
    log_add,
    log_sum,
    rise,
    shares,
    split,
    without,
)
from tests.unit.rollout.judge.formulas import DISPERSIONS, counted, size_of, urn


def test_dispersions_are_those_of_the_documents() -> None:
    assert likelihood.DISPERSIONS == DISPERSIONS


@pytest.mark.parametrize("a", [0.001, 0.5, 7, 900.5, 9999, 10_000, 12_000, 123_456, 1e9])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 50, 2000])
def test_a_rise_is_the_sum_of_its_logarithms(a: float, count: int) -> None:
    product = math.fsum(math.log(a + place) for place in range(count))
    assert rise(a, count) == pytest.approx(product, rel=1e-13, abs=2e-10)


@given(st.floats(1e-6, 1e6))
def test_a_rise_of_one_factor_loses_no_digit(a: float) -> None:
    assert rise(a, 1) == math.log(a)


def test_shares_are_parts_of_the_whole() -> None:
    assert shares(1, 3) == Shares(0.25, 0.75)


def test_a_share_that_counts_several_times_is_as_much_larger_against_the_other() -> None:
    # 1 to 3 becomes 2 to 3.
    assert Shares(0.25, 0.75).times(2) == pytest.approx((0.4, 0.6))


def test_a_share_of_nearly_everything_keeps_what_is_left() -> None:
    assert shares(10**15, 1).times(10).there == pytest.approx(1e-16, rel=1e-9)


@pytest.mark.parametrize("size", [0.02, 1.0, 30.0, math.inf])
@pytest.mark.parametrize(("here", "there"), [(0, 1), (3, 0), (2, 5), (4, 4)])
def test_a_split_is_as_probable_as_in_an_urn(here: int, there: int, size: float) -> None:
    expected = [Shares(0.1, 0.9), Shares(0.5, 0.5), Shares(0.7, 0.3)]
    assert split(here, there, expected, size) == pytest.approx(
        [math.log(urn(here, there, each.here, size)) for each in expected]
    )


@pytest.mark.parametrize("size", [0.02, 1.0, 30.0, math.inf])
def test_all_splits_together_are_certain(size: float) -> None:
    found = [
        math.comb(9, k) * math.exp(split(k, 9 - k, [shares(1, 4)], size)[0]) for k in range(10)
    ]
    assert math.fsum(found) == pytest.approx(1)


@pytest.mark.parametrize("dispersion", DISPERSIONS)
def test_the_concentration_is_the_size_of_the_urn(dispersion: float) -> None:
    assert concentration(10, 50, dispersion) == pytest.approx(size_of(10, 50, dispersion))


@pytest.mark.parametrize("dispersion", DISPERSIONS)
@pytest.mark.parametrize("bad", [0, 1, 2, 7])
def test_counts_are_so_much_likelier_at_one_rate_than_at_another(
    bad: int, dispersion: float
) -> None:
    at_rate, at_limit = (counted(bad, 40, rate, dispersion) for rate in (0.02, 0.1))
    assert count_ratio(bad, 40, 0.02, 0.1, dispersion) == pytest.approx(
        math.log(at_rate / at_limit)
    )


@pytest.mark.parametrize("dispersion", DISPERSIONS)
def test_an_answer_that_is_not_bad_counts_as_a_part_of_many(dispersion: float) -> None:
    none_of_40 = counted(0, 40, 0.02, dispersion) / counted(0, 40, 0.1, dispersion)
    assert 40 * without(0.02, 0.1, dispersion) == pytest.approx(math.log(none_of_40))


@pytest.mark.parametrize("far", [0.0, 900.0, -900.0])
def test_sums_of_exponentials_of_any_size(far: float) -> None:
    logs = [far + math.log(part) for part in (1, 2, 3)]
    assert log_sum(logs) == pytest.approx(far + math.log(6))
    assert log_add(logs[0], logs[2]) == pytest.approx(far + math.log(4))
    assert log_add(logs[2], logs[0]) == pytest.approx(far + math.log(4))


def test_what_is_beyond_all_measure_smaller_adds_nothing() -> None:
    assert log_sum([-1e9, 5.0, -1e9]) == log_add(-1e9, 5.0) == log_add(5.0, -1e9) == 5.0
