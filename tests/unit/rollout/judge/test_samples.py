"""What the counters of a pod say, signal by signal."""

from __future__ import annotations

from rollout.judge.samples import NO_TALLY, Tally, merged, pod_tallies


def test_a_pods_counters_are_tallies_by_signal() -> None:
    tallies = pod_tallies(100, 3, {"0.5": 60, "1": 90}, {"confidence": 7}, observed=98)
    assert tallies == {
        "errors": Tally(3, 100),
        "slower_0.5": Tally(38, 98),
        "slower_1": Tally(8, 98),
        "bad_confidence": Tally(7, 100),
    }


def test_without_a_count_of_timed_requests_all_are() -> None:
    assert pod_tallies(100, 0, {"1": 90}, {})["slower_1"] == Tally(10, 100)


def test_buckets_that_were_read_after_the_requests_may_be_ahead() -> None:
    assert pod_tallies(100, 0, {"1": 102, "0.5": 80}, {}) == {
        "errors": Tally(0, 100),
        "slower_1": Tally(0, 102),
        "slower_0.5": Tally(22, 102),
    }
    assert pod_tallies(100, 0, {"1": 100}, {}, observed=99)["slower_1"] == Tally(0, 99)
    assert pod_tallies(100, 0, {"1": 99}, {}, observed=99)["slower_1"] == Tally(0, 99)


def test_tallies_add_up_signal_by_signal() -> None:
    one, other = {"errors": Tally(1, 10)}, {"errors": Tally(2, 30), "share": Tally(4, 5)}
    assert merged([one, other]) == {"errors": Tally(3, 40), "share": Tally(4, 5)}
    assert merged([]) == {}


def test_no_tally_adds_nothing() -> None:
    assert Tally(3, 40) + NO_TALLY == Tally(3, 40)
