"""What is recorded is a trace that the judge reads."""

from __future__ import annotations

from collections.abc import Sequence

from rollout.judge.samples import Arm
from rollout.judge.settings import Settings
from rollout.prometheus import PodSample
from rollout.record import rows
from rollout.replay import verdicts
from rollout.trace import read_trace

ARMS: dict[str, Arm] = {"v1.1": "stable", "v1.2": "canary"}


def _scrape(at: float, version: str, pod: str, requests: int, errors: int) -> PodSample:
    buckets = {0.5: requests - 1.0, 1.0: float(requests)}
    return PodSample(at, version, pod, requests, errors, requests, buckets, {"confidence": 2})


def _cells(samples: Sequence[PodSample]) -> list[str]:
    return list(rows(samples, ARMS, 15))[1:]


def test_a_row_is_the_sum_of_an_arms_pods() -> None:
    samples = [
        _scrape(3, "v1.1", "a", 100, 1),
        _scrape(7, "v1.1", "b", 50, 2),
        _scrape(9, "v1.2", "c", 10, 0),
    ]
    head, *found = rows(samples, ARMS, 15)
    assert head == "t,arm,requests,errors,le_0.5,le_1,le_+Inf,bad_confidence"
    assert found == ["15,stable,150,3,148,150,150,4", "15,canary,10,0,9,10,10,2"]


def test_a_pod_that_missed_a_scrape_still_counts_and_one_that_is_gone_does_not() -> None:
    samples = [
        _scrape(3, "v1.1", "a", 100, 1),
        _scrape(4, "v1.1", "b", 50, 2),
        _scrape(18, "v1.1", "a", 110, 1),
        _scrape(200, "v1.1", "a", 300, 1),
    ]
    assert [row.split(",")[2] for row in _cells(samples)] == ["150", "160", "300"]


def test_other_versions_are_left_out() -> None:
    assert _cells([_scrape(3, "v0.9", "a", 100, 1)]) == []


def test_times_are_written_to_the_second() -> None:
    assert _cells([_scrape(1_796_074_477.25, "v1.1", "a", 100, 1)])[0].startswith("1796074485,")


def test_the_judge_reads_what_was_recorded() -> None:
    samples = [
        _scrape(15 * place + start, version, version, 100 * place, place * bad)
        for place in range(1, 30)
        for start, version, bad in ((3, "v1.1", 0), (4, "v1.2", 50))
    ]
    *_, last = verdicts(Settings(), read_trace(rows(samples, ARMS, 15)))
    assert (last.decision, last.signal) == ("rollback", "errors")
