"""From a stream of answers to the moment of a split."""

from __future__ import annotations

from bench.split import exact_split, first_answer
from local.load.answers import Answer


def answered(pattern: str) -> list[Answer]:
    """One request a second; `c` is the canary's, everything else stable's."""
    return [
        Answer(second, second, second + 0.5, "v1.2" if who == "c" else "v1.1", None)
        for second, who in enumerate(pattern)
    ]


def test_the_first_answer_is_to_a_request_sent_after_the_write() -> None:
    answers = answered("c" + "s" * 9 + "c")
    assert first_answer(answers, "v1.2", 0.2) == 10
    assert first_answer(answers, "v1.3", 0.2) is None


def test_a_split_that_is_right_at_once_is_exact_from_its_first_request() -> None:
    assert exact_split(answered("cssss" * 20), "v1.2", 20, 0) == 0


def test_requests_too_many_delay_the_exact_split_until_they_have_left_the_window() -> None:
    assert exact_split(answered("ccc" + "ssssc" * 40), "v1.2", 20, 0) == 2


def test_no_window_of_100_is_no_exact_split() -> None:
    assert exact_split(answered("cssss" * 19), "v1.2", 20, 0) is None
    assert exact_split(answered("cs" * 100), "v1.2", 20, 0) is None
