"""A step from its first scrape on: what is judged, with which money, and what is remembered."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest

from rollout.judge.dispersion import Dispersion, learnt
from rollout.judge.judge import fed
from rollout.judge.promotion import Merit, earned
from rollout.judge.samples import Arm, Sample, Tally
from rollout.judge.settings import Settings
from rollout.judge.signal import alone, compared
from rollout.judge.state import Judge, Point, Signal

WINDOW = 1500.0
SETTINGS = Settings(window=WINDOW, tail_limit=0.1)
AT_ONCE, EACH = 0.4, 0.5 * 15 / WINDOW
"""Money that is bet at the start of a step, and in each interval of 15 s."""

Counts = dict[str, tuple[int, int]]
CALM: tuple[Counts, Counts] = ({"errors": (0, 10)}, {"errors": (0, 90)})
"""What the canary and stable count in an interval without errors."""


def scrapes(*intervals: tuple[Counts, Counts], start: float = 0.0) -> Iterable[list[Sample]]:
    """Counters that grow by what the canary and stable count in each interval, every 15 s."""
    sums: dict[Arm, dict[str, Tally]] = {"canary": {}, "stable": {}}
    for counts in intervals:
        for arm, counted in zip(sums, counts, strict=True):
            sums[arm] |= {name: Tally(0, 0) for name in counted if name not in sums[arm]}
    for place in range(len(intervals) + 1):
        t = start + 15 * place
        yield [Sample(arm, arm, t, dict(tallies)) for arm, tallies in sums.items()]
        if place < len(intervals):
            for arm, counted in zip(sums, intervals[place], strict=True):
                for name, each in counted.items():
                    sums[arm][name] += Tally(*each)


def after(
    *intervals: tuple[Counts, Counts], share: float | None = None, settings: Settings = SETTINGS
) -> Judge:
    judge = Judge(settings)
    for scrape in scrapes(*intervals):
        judge = fed(judge, scrape, share)
    return judge


def purses(judge: Judge) -> dict[str, float]:
    return {name: signal.purse for name, signal in judge.signals.items()}


def test_a_step_begins_when_both_arms_are_there() -> None:
    first, second, _ = scrapes(CALM, CALM, start=100)
    judge = fed(Judge(SETTINGS), [each for each in first if each.arm == "stable"])
    assert (judge.began, judge.now) == (None, 100)
    judge = fed(judge, second)
    assert (judge.began, judge.now) == (115, 115)
    judge = fed(judge, [replace(each, t=130) for each in second])
    assert (judge.began, judge.now) == (115, 130)


def test_the_time_is_that_of_the_newest_sample() -> None:
    judge = fed(Judge(SETTINGS), [])
    assert judge.now is None
    judge = after(CALM, CALM)
    assert judge.now == 30
    assert fed(judge, []).now == 30
    assert fed(judge, [Sample("canary", "canary", 20, {})]).now == 30


def test_money_is_bet_at_the_start_and_in_each_interval() -> None:
    assert purses(after(CALM)) == pytest.approx({"errors": AT_ONCE + EACH})
    assert purses(after(CALM, CALM)) == pytest.approx({"errors": AT_ONCE + 2 * EACH})


def test_money_does_not_depend_on_the_clock_that_samples_share() -> None:
    judge = Judge(SETTINGS)
    for scrape in scrapes(CALM, start=1.8e9):
        judge = fed(judge, scrape)
    assert purses(judge) == pytest.approx({"errors": AT_ONCE + EACH})


def test_money_is_divided_between_the_signals_that_there_are() -> None:
    counts: Counts = {"errors": (0, 10), "gateway": (0, 10)}
    assert purses(after((counts, counts))) == pytest.approx(
        {"errors": (AT_ONCE + EACH) * 6 / 7.5, "gateway": (AT_ONCE + EACH) * 1.5 / 7.5}
    )


def test_without_bad_answers_all_money_is_worth_itself() -> None:
    judge = after(CALM, CALM)
    assert [judge.rollback, judge.peak] == pytest.approx([0, 0])


def test_evidence_is_what_is_kept_and_what_the_bets_are_worth() -> None:
    bad = after(({"errors": (3, 10)}, {"errors": (0, 90)}))
    against = bad.signals["errors"].against
    assert bad.rollback == pytest.approx(
        math.log(1 - AT_ONCE - EACH + math.exp(against)), rel=1e-12
    )
    assert bad.signals["errors"].purse == 0
    assert bad.rollback > 0


def test_without_a_window_all_money_is_bet_at_once() -> None:
    judge = after(({"errors": (3, 10)}, {"errors": (0, 90)}), settings=Settings(window=0))
    assert judge.rollback == judge.signals["errors"].against


def test_the_peak_remembers_evidence_that_faded() -> None:
    bad = after(({"errors": (3, 10)}, {"errors": (0, 90)}))
    faded = after(
        ({"errors": (3, 10)}, {"errors": (0, 90)}), ({"errors": (0, 10)}, {"errors": (30, 90)})
    )
    assert faded.rollback < bad.rollback
    assert faded.peak == bad.rollback == bad.peak


def test_the_path_has_a_point_for_each_interval() -> None:
    one, both = after(CALM), after(CALM, CALM)
    assert both.path == (
        Point(15, one.rollback, one.promotion["errors"]),
        Point(30, both.rollback, both.promotion["errors"]),
    )


def test_a_path_shows_its_weakest_signal() -> None:
    judge = after(
        ({"errors": (0, 10), "bad_blank": (9, 10)}, {"errors": (0, 90), "bad_blank": (5, 90)})
    )
    assert judge.path[-1].promotion == judge.promotion["bad_blank"] < judge.promotion["errors"]


def test_while_pods_warm_up_nothing_speaks_for_the_canary() -> None:
    judge = after(CALM, settings=replace(SETTINGS, warm_up=60))
    assert (judge.signals, judge.promotion) == ({}, {})
    (point,) = judge.path
    assert point.promotion == 0 >= point.rollback


@pytest.mark.parametrize(
    ("points", "kept"), [(479, [*range(479)]), (480, [*range(0, 480, 2)])], ids=str
)
def test_a_long_path_is_thinned_out_and_ends_now(points: int, kept: list[int]) -> None:
    *before, last = scrapes(CALM, CALM)
    judge = Judge(SETTINGS)
    for scrape in before:
        judge = fed(judge, scrape)
    long = tuple(Point(t, 0, 0) for t in range(points))
    judge = fed(replace(judge, path=long), last)
    assert [point.t for point in judge.path] == [*kept, 30]


def test_only_intervals_with_requests_to_the_canary_are_fresh() -> None:
    silent: tuple[Counts, Counts] = ({"errors": (0, 0)}, {"errors": (0, 90)})
    assert after(CALM).fresh
    assert after(({"errors": (0, 1)}, {"errors": (0, 90)})).fresh
    assert not after(CALM, silent).fresh
    assert not after(({}, {"errors": (0, 90)})).fresh
    assert not fed(after(CALM), []).fresh
    assert not after().fresh


def test_stables_counts_are_what_is_usual() -> None:
    judge = after(
        ({"errors": (9, 10)}, {"errors": (1, 90)}), ({"errors": (9, 10)}, {"errors": (2, 80)})
    )
    assert judge.usual == {"errors": Tally(3, 170)}


def test_signals_are_chosen_by_what_stable_counted_before() -> None:
    """At first by both arms together, so that no choice shows which arm is worse."""
    low, high = "slower_0.5", "slower_1"
    stable: Counts = {"errors": (0, 90), low: (44, 90), high: (40, 90)}
    canary: Counts = {"errors": (0, 10), low: (10, 10), high: (0, 10)}
    first = after((canary, stable))
    # 54 of 100 of both exceed the lower bound, 44 of 90 of stable alone.
    assert first.followed == ("errors", high)
    assert after((canary, stable), (canary, stable)).followed == ("errors", low)


def test_signals_that_are_followed_no_longer_are_known_and_get_no_money() -> None:
    low, high = "slower_0.5", "slower_1"
    stable: Counts = {"errors": (0, 90), low: (44, 90), high: (40, 90)}
    canary: Counts = {"errors": (0, 10), low: (10, 10), high: (0, 10)}
    first, second = after((canary, stable)), after((canary, stable), (canary, stable))
    assert second.signals[high].purse == 0 == first.signals[high].purse
    assert second.signals[high].canary == Tally(0, 20)
    assert set(second.promotion) == {"errors", low}


def test_how_bad_answers_clump_is_learnt_of_each_arm_that_counted() -> None:
    canary, stable = Tally(1, 10), Tally(3, 90)
    judge = after(({"errors": (1, 10)}, {"errors": (3, 90), "bad_blank": (1, 90)}))
    assert (
        judge.history["errors"].blocks
        == learnt(Dispersion(), {"canary": canary, "stable": stable}).blocks
    )
    assert (judge.history["errors"].bad, judge.history["errors"].total) == (4, 100)
    assert set(judge.history["bad_blank"].blocks) == {"stable"}


def test_an_interval_is_judged_with_what_it_taught() -> None:
    judge = after(({"errors": (1, 10)}, {"errors": (3, 90)}))
    signal = compared(
        Signal(purse=AT_ONCE + EACH),
        Tally(1, 10),
        Tally(3, 90),
        judge.history["errors"],
        settings=SETTINGS,
        limit=0.01,
    )
    assert judge.signals["errors"].against == pytest.approx(signal.against)


@pytest.mark.parametrize(
    ("signal", "limit"), [("errors", 0.01), ("gateway", 0.01), ("slower_1", 0.1), ("bad_x", 0.1)]
)
def test_each_signal_has_its_limit(signal: str, limit: float) -> None:
    judge = after(({"errors": (0, 10), signal: (0, 10)}, {"errors": (0, 90), signal: (0, 90)}))
    assert judge.signals[signal].merit == earned(Merit(), Tally(0, 10), limit, 99)


def test_a_signal_that_one_arm_does_not_have_is_no_comparison() -> None:
    judge = after(({"errors": (0, 10)}, {"errors": (0, 90), "bad_x": (9, 90)}))
    assert (judge.signals["bad_x"].canary, judge.signals["bad_x"].stable) == (
        Tally(0, 0),
        Tally(9, 90),
    )
    assert judge.signals["bad_x"].purse > 0
    judge = after(({"errors": (0, 10), "bad_x": (9, 10)}, {"errors": (0, 90)}))
    assert judge.signals["bad_x"].canary == Tally(9, 10)


def test_the_share_of_traffic_is_judged_and_not_promoted() -> None:
    judge = after(CALM, share=0.1)
    assert judge.signals["share"].canary == Tally(10, 100)
    assert judge.followed == ("errors",)
    assert set(judge.promotion) == {"errors"}
    assert judge.signals["errors"].purse == pytest.approx((AT_ONCE + EACH) * 6 / 6.5)


@pytest.mark.parametrize("share", [None, 0.0])
def test_without_a_share_none_is_judged(share: float | None) -> None:
    judge = after(CALM, share=share)
    assert set(judge.signals) == {"errors"}


def test_a_share_that_is_not_told_again_is_the_same() -> None:
    judge = after(CALM, share=0.1)
    *_, scrape = scrapes(CALM, CALM)
    judge = fed(judge, scrape)
    assert judge.share == 0.1
    assert judge.signals["share"].canary == Tally(20, 200)


def test_an_interval_in_which_the_share_changed_does_not_tell_it() -> None:
    judge = Judge(SETTINGS)
    counts = []
    for scrape, share in zip(scrapes(*[CALM] * 4), (0.1, 0.1, 0.2, 0.2, 0.2), strict=True):
        judge = fed(judge, scrape, share)
        counts.append(judge.signals["share"].canary.total if "share" in judge.signals else 0)
    assert counts == [0, 100, 100, 200, 300]


def test_a_change_in_a_scrape_that_ends_no_interval_is_not_forgotten() -> None:
    first, second, third, fourth = scrapes(*[CALM] * 3)
    judge = fed(fed(Judge(SETTINGS), first, 0.1), second, 0.1)
    judge = fed(judge, [], 0.2)
    assert not judge.steady
    judge = fed(judge, third, 0.2)
    assert judge.signals["share"].canary.total == 100
    assert fed(judge, fourth, 0.2).signals["share"].canary.total == 200


def test_shares_before_both_arms_were_there_are_no_change() -> None:
    first, second, third = scrapes(CALM, CALM)
    judge = fed(Judge(SETTINGS), [each for each in first if each.arm == "stable"], 0.05)
    judge = fed(judge, second, 0.1)
    assert judge.steady
    judge = fed(judge, third, 0.1)
    assert judge.signals["share"].canary == Tally(10, 100)


def test_an_interval_with_something_missing_does_not_tell_the_share() -> None:
    first, second, _ = scrapes(CALM, CALM)
    judge = fed(fed(Judge(SETTINGS), first, 0.1), second, 0.1)
    restarted = [Sample(each.arm, each.arm, 30, {"errors": Tally(0, 5)}) for each in second]
    judge = fed(judge, restarted, 0.1)
    assert judge.signals["share"].canary == Tally(10, 100)
    assert judge.signals["errors"].canary == Tally(0, 15)


def test_an_interval_without_requests_does_not_tell_the_share() -> None:
    nothing: tuple[Counts, Counts] = ({"errors": (0, 0)}, {"errors": (0, 0)})
    assert "share" not in after(nothing, share=0.1).signals
    one: tuple[Counts, Counts] = ({"errors": (0, 0)}, {"errors": (0, 1)})
    assert after(one, share=0.1).signals["share"].stable == Tally(1, 1)


def test_a_canary_that_gets_no_request_of_its_share_is_seen() -> None:
    lost: tuple[Counts, Counts] = ({"errors": (0, 0)}, {"errors": (0, 200)})
    judge = after(*[lost] * 20, share=0.1)
    assert judge.rollback > math.log(100)
    assert judge.rollback == pytest.approx(judge.signals["share"].against, abs=0.01)


@pytest.mark.parametrize("share", [1.0, 1.5])
def test_alone_the_canary_is_judged_by_its_errors_against_the_limit(share: float) -> None:
    counts: tuple[Counts, Counts] = (
        {"errors": (2, 100), "gateway": (5, 100)},
        {"errors": (0, 1), "gateway": (0, 0)},
    )
    judge = after(counts, share=share)
    expected = alone(
        Signal(purse=AT_ONCE + EACH), Tally(2, 100), judge.history["errors"], SETTINGS, 0.01
    )
    assert judge.signals == {"errors": expected}
    assert judge.followed == ("errors",)


def test_just_below_all_traffic_stable_is_still_compared_with() -> None:
    judge = after(({"errors": (2, 100)}, {"errors": (0, 1)}), share=0.999)
    assert judge.signals["errors"].stable == Tally(0, 1)
    assert "share" in judge.signals


def test_what_was_followed_before_the_canary_was_alone_stays_as_it_was() -> None:
    counts: tuple[Counts, Counts] = (
        {"errors": (0, 10), "gateway": (1, 10)},
        {"errors": (0, 90), "gateway": (1, 90)},
    )
    first, second, third, fourth = scrapes(*[counts] * 3)
    before = fed(fed(Judge(SETTINGS), first, 0.5), second, 0.5)
    judge = fed(fed(before, third, 1.0), fourth, 1.0)
    for name in ("gateway", "share"):
        assert judge.signals[name] == before.signals[name]
    assert judge.signals["errors"].canary == Tally(0, 30)
