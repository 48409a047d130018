from __future__ import annotations

import pytest

from local.load.answers import (
    Answer,
    Tally,
    deviation,
    keeps_share,
    latency,
    lost_outside,
    tally,
    worst_block,
)


def _answer(
    version: str | None = "v1.1",
    failure: str | None = None,
    *,
    sent: float = 0,
    ended: float = 1,
    due: float | None = None,
) -> Answer:
    return Answer(sent if due is None else due, sent, ended, version, failure)


def test_tally_counts_versions_and_failures_apart() -> None:
    answers = [
        _answer(),
        _answer("v1.2"),
        _answer("v1.2", "HTTP 500"),
        _answer(None, "TimeoutError"),
    ]

    assert tally(answers) == Tally(4, {"v1.1": 1, "v1.2": 1}, {"HTTP 500": 1, "TimeoutError": 1})
    assert tally(answers).failed == 2


def test_share_is_of_what_was_answered_well() -> None:
    counted = Tally(200, {"v1.1": 76, "v1.2": 4}, {"HTTP 502": 120})

    assert counted.share("v1.2") == 5
    assert counted.share("v9") == 0
    assert Tally(3, {}, {"HTTP 502": 3}).share("v1.2") == 0


@pytest.mark.parametrize(("canary", "off"), [(100, 0), (120, 1), (80, 1), (0, 5)])
def test_deviation_is_in_requests_of_a_hundred(canary: int, off: float) -> None:
    counted = Tally(2000, {"v1.1": 2000 - canary, "v1.2": canary}, {})

    assert deviation(counted, "v1.2", 5) == pytest.approx(off)


@pytest.mark.parametrize(
    ("answered", "canary", "kept"),
    [
        (2000, 120, True),
        (2000, 121, False),
        (21, 3, True),
        (21, 4, False),
        (21, 0, True),
    ],
)
def test_a_share_is_kept_within_one_request_of_a_hundred_or_two_of_fewer(
    answered: int, canary: int, kept: bool
) -> None:
    counted = Tally(answered, {"v1.1": answered - canary, "v1.2": canary}, {})

    assert keeps_share(counted, "v1.2", 5) is kept


def test_an_even_split_has_no_bad_block() -> None:
    order = (["v1.2"] + ["v1.1"] * 19) * 10

    assert worst_block(order, "v1.2", 5) == 0


def test_a_lump_shows_as_a_bad_block_though_the_whole_is_exact() -> None:
    order = ["v1.2"] * 10 + ["v1.1"] * 190

    assert worst_block(order, "v1.2", 5) == 5


def test_a_bad_block_is_found_wherever_it_starts() -> None:
    order = ["v1.1"] * 150 + ["v1.2"] * 8 + ["v1.1"] * 92 + ["v1.2"] * 2

    assert worst_block(order, "v1.2", 5) == 5
    assert worst_block(order[130:250], "v1.2", 5) == 3


def test_a_block_needs_a_hundred_requests() -> None:
    with pytest.raises(ValueError, match="99 requests"):
        worst_block(["v1.1"] * 99, "v1.2", 5)


def test_latency_counts_from_when_the_request_was_due() -> None:
    answers = [_answer(due=0, sent=5, ended=6), _answer(None, "HTTP 502", ended=100)]

    assert latency(answers, 0.99) == 6


def test_latency_is_the_one_that_the_quantile_kept() -> None:
    answers = [_answer(ended=n / 100) for n in range(1, 101)]

    assert latency(answers, 0.5) == 0.51
    assert latency(answers, 1) == 1


def test_latency_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no request was answered"):
        latency([_answer(None, "HTTP 502")], 0.99)


def test_only_requests_under_way_may_be_lost_with_a_pod() -> None:
    inside = [
        _answer(None, "HTTP 502", sent=1, ended=3),
        _answer(None, "HTTP 502", sent=2.05, ended=2.2),
    ]
    outside = [
        _answer(None, "HTTP 502", sent=2.2, ended=3),
        _answer(None, "HTTP 502", sent=1, ended=1.9),
    ]

    assert lost_outside([*inside, _answer(sent=5, ended=6)], 2, 2.1) == 0
    assert lost_outside([*inside, *outside], 2, 2.1) == 2
