"""What was counted between two samples of one series."""

from __future__ import annotations

import pytest

from rollout.judge.counters import Increase, Series, advanced, opened
from rollout.judge.samples import Sample, Tally


def sample(t: float, **tallies: tuple[int, int]) -> Sample:
    return Sample("pod", "canary", t, {name: Tally(*each) for name, each in tallies.items()})


def increases(*samples: Sample) -> list[Increase]:
    series, found = opened(samples[0]), []
    for each in samples[1:]:
        series, increase = advanced(series, each)
        found.append(increase)
    return found


def test_a_first_sample_counts_nothing() -> None:
    first = sample(30, errors=(5, 100))
    assert opened(first) == Series(30, first, {})


def test_what_was_counted_is_the_difference() -> None:
    (increase,) = increases(sample(0, errors=(5, 100)), sample(15, errors=(7, 160)))
    assert increase == Increase({"errors": Tally(2, 60)}, whole=True)


def test_a_series_knows_its_first_and_last_sample_and_its_busiest_interval() -> None:
    series = opened(sample(0, errors=(0, 100)))
    for each in (sample(10, errors=(0, 150)), sample(30, errors=(0, 170))):
        series, _ = advanced(series, each)
    assert series == Series(0, sample(30, errors=(0, 170)), {"errors": 5})


def test_a_series_that_counts_slowly_is_as_slow_as_it_is() -> None:
    series, _ = advanced(opened(sample(0, errors=(0, 0))), sample(10, errors=(0, 5)))
    assert series.fastest == {"errors": 0.5}


def test_without_new_requests_nothing_was_counted_and_nothing_is_missing() -> None:
    (increase,) = increases(sample(0, errors=(5, 100)), sample(15, errors=(5, 100)))
    assert increase == Increase({"errors": Tally(0, 0)}, whole=True)


@pytest.mark.parametrize(("bad", "found"), [(4, 0), (5, 0), (6, 1), (20, 10)])
def test_bad_answers_that_show_before_their_total_are_within_it(bad: int, found: int) -> None:
    (increase,) = increases(sample(0, errors=(5, 100)), sample(15, errors=(bad, 110)))
    assert increase.tallies == {"errors": Tally(found, 10)}


def test_after_a_restart_counters_show_what_was_counted_since() -> None:
    *_, increase = increases(
        sample(0, errors=(5, 100)), sample(15, errors=(8, 160)), sample(30, errors=(1, 40))
    )
    assert increase == Increase({"errors": Tally(1, 40)}, whole=False)


def test_one_counter_that_fell_shows_that_all_began_anew() -> None:
    *_, increase = increases(
        sample(0, errors=(0, 100), slower_1=(0, 10)),
        sample(15, errors=(0, 160), slower_1=(0, 70)),
        sample(30, errors=(0, 40), slower_1=(4, 80)),
    )
    assert increase == Increase({"errors": Tally(0, 40), "slower_1": Tally(4, 80)}, whole=False)


@pytest.mark.parametrize(("left", "counts"), [(120, True), (121, False)])
def test_a_sum_in_which_one_pod_restarted_is_not_what_was_counted(left: int, counts: bool) -> None:
    # 60 in the busiest 15 s before: what is left may be twice that.
    *_, increase = increases(
        sample(0, errors=(0, 1000)), sample(15, errors=(0, 1060)), sample(30, errors=(0, left))
    )
    assert increase.tallies == ({"errors": Tally(0, left)} if counts else {})
    assert not increase.whole


def test_one_counter_that_cannot_be_believed_makes_all_unbelievable() -> None:
    *_, increase = increases(
        sample(0, errors=(0, 1000), slower_1=(0, 1000)),
        sample(15, errors=(0, 1060), slower_1=(0, 1060)),
        sample(30, errors=(0, 900), slower_1=(0, 50)),
    )
    assert increase == Increase({}, whole=False)


def test_what_is_believable_grows_with_time() -> None:
    *_, increase = increases(
        sample(0, errors=(0, 1000)), sample(15, errors=(0, 1060)), sample(45, errors=(0, 240))
    )
    assert increase.tallies == {"errors": Tally(0, 240)}


def test_a_restart_before_anything_was_counted_cannot_be_believed() -> None:
    (increase,) = increases(sample(0, errors=(0, 100)), sample(15, errors=(0, 1)))
    assert increase == Increase({}, whole=False)


def test_a_restarted_pod_without_requests_has_counted_nothing() -> None:
    (increase,) = increases(sample(0, errors=(0, 100)), sample(15, errors=(0, 0)))
    assert increase == Increase({"errors": Tally(0, 0)}, whole=False)


def test_a_signal_counts_from_its_first_sample_on() -> None:
    first, second = increases(
        sample(0, errors=(0, 100)),
        sample(15, errors=(0, 110), bad_blank=(9, 50)),
        sample(30, errors=(0, 120), bad_blank=(10, 60)),
    )
    assert first == Increase({"errors": Tally(0, 10)}, whole=True)
    assert second == Increase({"errors": Tally(0, 10), "bad_blank": Tally(1, 10)}, whole=True)


def test_a_new_signal_is_no_restart_and_a_lost_one_is_none() -> None:
    (increase,) = increases(
        sample(0, errors=(0, 100), bad_blank=(9, 50)), sample(15, errors=(0, 110))
    )
    assert increase == Increase({"errors": Tally(0, 10)}, whole=True)
