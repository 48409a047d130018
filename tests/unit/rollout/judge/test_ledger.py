"""Which counts make an interval of both arms, and what is missing in it."""

from __future__ import annotations

from collections.abc import Mapping

from rollout.judge.ledger import Interval, Ledger, Pending, entered
from rollout.judge.samples import Arm, Sample, Tallies, Tally

Counts = Mapping[str, int]
"""Series -> requests so far. Series are named by their arm: c, c2, s."""


def scrape(t: float, **requests: int) -> list[Sample]:
    return [
        Sample(name, "canary" if name.startswith("c") else "stable", t, requested(count))
        for name, count in requests.items()
    ]


def requested(count: int) -> dict[str, Tally]:
    return {"errors": Tally(0, count)}


class Scraped:
    """A ledger after several scrapes, and what came out of the last one."""

    def __init__(self, *scrapes: list[Sample], warm_up: float = 0) -> None:
        self.ledger = Ledger()
        self.intervals: list[Interval | None] = []
        self.counted: Mapping[Arm, Tallies] = {}
        for each in scrapes:
            self.ledger, self.counted, interval = entered(self.ledger, each, warm_up)
            self.intervals.append(interval)

    @property
    def interval(self) -> Interval | None:
        return self.intervals[-1]


def test_an_interval_is_what_both_arms_counted_between_two_scrapes() -> None:
    found = Scraped(scrape(0, c=10, s=100), scrape(15, c=13, s=140))
    assert found.intervals == [None, Interval(0, 15, requested(3), requested(40), whole=True)]
    assert found.counted == {"canary": requested(3), "stable": requested(40)}
    assert found.ledger.closed == 15
    assert found.ledger.sources == {"c", "s"}
    assert found.ledger.canary == found.ledger.stable == Pending()


def test_pods_of_an_arm_are_added_up() -> None:
    found = Scraped(scrape(0, c=0, c2=0, s=0), scrape(15, c=3, c2=4, s=9))
    assert found.interval == Interval(0, 15, requested(7), requested(9), whole=True)


def test_an_interval_ends_with_the_last_sample_of_either_arm() -> None:
    ends = [
        Scraped([*scrape(0, c=0), *scrape(2, s=0)], [*scrape(17, c=1), *scrape(15, s=1)]),
        Scraped([*scrape(2, c=0), *scrape(0, s=0)], [*scrape(15, c=1), *scrape(17, s=1)]),
    ]
    for found in ends:
        assert found.interval is not None
        assert (found.interval.start, found.interval.end) == (2, 17)


def test_while_one_arm_is_silent_the_others_counts_are_kept() -> None:
    found = Scraped(scrape(0, c=0, s=0), scrape(15, s=10), scrape(30, s=30), scrape(45, c=4, s=60))
    assert found.intervals[1:3] == [None, None]
    assert found.interval == Interval(0, 45, requested(4), requested(60), whole=True)


def test_an_arm_that_reported_before_the_other_ends_an_interval_with_it() -> None:
    found = Scraped(scrape(0, c=0, s=0), scrape(15, c=4), scrape(30, s=60))
    assert found.interval == Interval(0, 30, requested(4), requested(60), whole=True)


def test_an_empty_scrape_ends_no_interval_and_counts_nothing() -> None:
    found = Scraped(scrape(0, c=0, s=0), [])
    assert found.interval is None
    assert found.counted == {"canary": {}, "stable": {}}


def test_what_stable_counts_before_there_is_a_canary_is_in_no_interval() -> None:
    found = Scraped(scrape(0, s=0), scrape(15, s=50))
    assert found.counted["stable"] == requested(50)
    assert found.ledger.stable == Pending()
    found = Scraped(scrape(0, s=0), scrape(15, s=50), scrape(30, c=0, s=90), scrape(45, c=1, s=99))
    assert found.intervals[:3] == [None, None, None]
    assert found.interval == Interval(30, 45, requested(1), requested(9), whole=True)


def test_a_canary_that_waits_for_stable_is_not_forgotten() -> None:
    found = Scraped(scrape(0, c=0), scrape(15, s=0), scrape(30, c=5, s=9))
    assert found.interval == Interval(15, 30, requested(5), requested(9), whole=True)


def test_a_pod_that_comes_or_goes_makes_an_interval_less_than_whole() -> None:
    comes = Scraped(
        scrape(0, c=0, s=0),
        scrape(15, c=1, c2=7, s=1),
        scrape(30, c=2, c2=9, s=2),
        scrape(45, c=2, c2=9, s=2),
    )
    assert [each and each.whole for each in comes.intervals] == [None, False, True, True]
    assert comes.intervals[2] == Interval(15, 30, requested(3), requested(1), whole=True)
    goes = Scraped(scrape(0, c=0, c2=0, s=0), scrape(15, c=1, s=1), scrape(30, c=2, s=2))
    assert [each and each.whole for each in goes.intervals] == [None, False, True]


def test_a_restart_in_either_arm_makes_an_interval_less_than_whole() -> None:
    for arm in ("c", "s"):
        counts = {"c": 5, "s": 5}
        found = Scraped(
            scrape(0, c=0, s=0),
            scrape(15, **counts),
            scrape(30, **counts | {arm: 1}),
            scrape(45, c=9, s=9),
        )
        assert [each and each.whole for each in found.intervals] == [None, True, False, True]
        assert found.ledger.restarts == 1


def test_a_restart_while_the_other_arm_is_silent_is_not_forgotten() -> None:
    found = Scraped(
        scrape(0, c=0, s=0), scrape(15, s=50), scrape(30, s=9), scrape(45, s=20), scrape(60, c=1)
    )
    assert found.interval is not None
    assert not found.interval.whole


def test_restarts_are_counted_over_all_scrapes() -> None:
    found = Scraped(
        scrape(0, c=9, c2=9, s=9),
        scrape(15, c=8, c2=8, s=9),
        scrape(30, c=7, c2=9, s=9),
        scrape(45, c=8, c2=9, s=9),
    )
    assert found.ledger.restarts == 3


def test_samples_that_come_late_are_counted_and_add_nothing() -> None:
    found = Scraped(scrape(0, c=0, s=0), scrape(15, c=5, s=5), scrape(10, c=4, s=4))
    assert found.interval is None
    assert found.ledger.late == 2
    again = entered(found.ledger, scrape(14, c=4), 0)[0]
    assert again.late == 3
    assert again.series["c"].last.t == 15


def test_the_newest_sample_once_more_is_not_late() -> None:
    found = Scraped(scrape(0, c=0, s=0), scrape(15, c=5, s=5), scrape(15, c=5, s=5))
    assert (found.interval, found.ledger.late) == (None, 0)
    assert found.counted == {"canary": {}, "stable": {}}


def test_several_samples_of_a_series_at_once_count_by_time() -> None:
    found = Scraped(scrape(0, c=0, s=0), [*scrape(30, c=9, s=9), *scrape(15, c=2, s=3)])
    assert found.interval == Interval(0, 30, requested(9), requested(9), whole=True)
    assert found.ledger.late == 0


def test_a_pod_that_warms_up_is_seen_and_not_judged() -> None:
    found = Scraped(
        scrape(1000, c=0, s=0),
        scrape(1015, c=5, s=5),
        scrape(1030, c=7, s=7),
        scrape(1045, c=10, s=8),
        warm_up=30,
    )
    assert found.intervals[1] == Interval(1000, 1015, {}, {}, whole=False)
    assert found.intervals[2] == Interval(1015, 1030, requested(2), requested(2), whole=True)
    assert found.interval == Interval(1030, 1045, requested(3), requested(1), whole=True)


def test_a_series_that_is_silent_for_more_than_an_hour_is_forgotten() -> None:
    found = Scraped(scrape(0, c=0, s=0), scrape(3600, s=1))
    assert set(found.ledger.series) == {"c", "s"}
    found = Scraped(scrape(0, c=0, s=0), scrape(3600.5, s=1))
    assert set(found.ledger.series) == {"s"}


def test_a_ledger_begins_empty() -> None:
    assert Ledger() == Ledger(
        {}, Pending({}, frozenset(), None, True), Pending(), None, frozenset(), 0, 0
    )
