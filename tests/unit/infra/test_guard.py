"""What the guard lets through, what it refuses and with which words, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from infra.guard import Record, advance, as_found, image_refusals, traffic_refusals
from infra.split import Split
from tests.unit.infra.stacks import LONG_AGO, NOON, WINDOW, image, record, stack

BREATH = timedelta(seconds=1)


def refusals(
    last: Record | None, stable: str, canary: Mapping[str, float], now: datetime = NOON
) -> list[str]:
    return traffic_refusals("ocr", stack(stable, canary).models["ocr"], last, now)


def test_a_first_deployment_may_have_any_split() -> None:
    assert refusals(None, "v1.1", {"v1.2": 100}) == []


@pytest.mark.parametrize(
    ("before", "after"), [(0, 5), (5, 20), (20, 50), (50, 100), (3, 5), (7, 20), (99.9, 100)]
)
def test_a_weight_may_rise_to_the_next_step(before: float, after: float) -> None:
    assert refusals(record(canary={"v1.2": before}), "v1.1", {"v1.2": after}) == []


def test_a_weight_may_rise_by_less_than_a_step() -> None:
    assert refusals(record(canary={"v1.2": 5}), "v1.1", {"v1.2": 7.5}) == []


@pytest.mark.parametrize(
    ("before", "after", "step"), [(0, 5.1, 5), (0, 100, 5), (5, 50, 20), (20, 100, 50), (3, 20, 5)]
)
def test_a_weight_that_skips_a_step_is_refused_with_the_step_to_write(
    before: float, after: float, step: float
) -> None:
    assert refusals(record(canary={"v1.2": before}), "v1.1", {"v1.2": after}) == [
        f'models.ocr.canary["v1.2"]: found {after:g}; from {before:g}% the next step is {step}%; '
        f"write {step} or less"
    ]


def test_a_version_that_comes_new_starts_at_the_first_step() -> None:
    assert refusals(record(), "v1.1", {"v1.2": 5}) == []
    assert len(refusals(record(), "v1.1", {"v1.2": 20})) == 1


def test_a_rise_before_the_window_is_over_is_refused_with_the_time_left() -> None:
    last = record(canary={"v1.2": 5}, since=NOON - timedelta(minutes=10))
    assert refusals(last, "v1.1", {"v1.2": 20}) == [
        'models.ocr.canary["v1.2"]: v1.2 has had 5% for 10m of its 30m window; wait 20m, until '
        "2026-11-23 12:20:00 UTC"
    ]


def test_the_window_is_over_at_its_very_end_and_not_before() -> None:
    last = record(canary={"v1.2": 5}, since=NOON)
    assert refusals(last, "v1.1", {"v1.2": 20}, NOON + WINDOW - BREATH)
    assert not refusals(last, "v1.1", {"v1.2": 20}, NOON + WINDOW)


def test_a_clock_that_went_back_waits_and_says_so() -> None:
    last = record(canary={"v1.2": 5}, since=NOON + BREATH)
    (reason,) = refusals(last, "v1.1", {"v1.2": 20})
    assert "has had 5% for 0s of its 30m window; wait 30m1s" in reason


def test_a_window_below_a_second_is_told_as_it_was_written() -> None:
    model = stack(canary={"v1.2": 20}, edits={"rollout": {"window": "400ms"}}).models["ocr"]
    last = record(canary={"v1.2": 5}, since=NOON)
    (reason,) = traffic_refusals("ocr", model, last, NOON)
    assert "for 0s of its 400ms window; wait 400ms" in reason


def test_a_share_below_one_percent_has_a_window_too() -> None:
    last = record(canary={"v1.2": 0.1}, since=NOON)
    (reason,) = refusals(last, "v1.1", {"v1.2": 5})
    assert "v1.2 has had 0.1% for 0s of its 30m window" in reason


def test_the_first_step_from_nothing_has_no_window_to_wait_for() -> None:
    assert refusals(record(canary={"v1.2": 0}, since=NOON), "v1.1", {"v1.2": 5}) == []


@pytest.mark.parametrize("after", [{"v1.2": 49.9}, {"v1.2": 20}, {"v1.2": 0}, {}])
def test_going_down_is_allowed_by_any_amount_at_any_time(after: Mapping[str, float]) -> None:
    assert refusals(record(canary={"v1.2": 50}, since=NOON), "v1.1", after) == []


def test_each_of_several_canaries_is_judged_by_itself() -> None:
    last = record(canary={"v1.2": 5, "v1.3": 5}, since=NOON)
    reasons = refusals(last, "v1.1", {"v1.2": 50, "v1.3": 20})
    assert [reason.split(":")[0] for reason in reasons] == [
        'models.ocr.canary["v1.2"]',
        'models.ocr.canary["v1.3"]',
    ]
    assert refusals(last, "v1.1", {"v1.2": 0, "v1.3": 5}) == []


def test_a_canary_that_had_everything_for_a_window_may_become_stable() -> None:
    assert refusals(record(canary={"v1.2": 100}), "v1.2", {}) == []


@pytest.mark.parametrize(("share", "step"), [(0, 5), (5, 20), (50, 100), (99.9, 100)])
def test_a_stable_that_never_was_a_full_canary_is_refused_with_the_next_step(
    share: float, step: float
) -> None:
    assert refusals(record(canary={"v1.2": share}), "v1.2", {}) == [
        f"models.ocr.stable: found v1.2, which has {share:g}% of the requests and never was a "
        f"full canary; keep v1.1 and raise the canary step by step: canary: {{v1.2: {step}}}"
    ]


def test_a_version_that_was_no_canary_at_all_cannot_become_stable() -> None:
    (reason,) = refusals(record(canary={"v1.2": 100}), "v1.3", {})
    assert "found v1.3, which has 0% of the requests" in reason


def test_a_full_canary_waits_for_its_window_before_it_becomes_stable() -> None:
    last = record(canary={"v1.2": 100}, since=NOON - timedelta(minutes=29))
    (reason,) = refusals(last, "v1.2", {})
    assert reason.startswith("models.ocr.stable: v1.2 has had 100% for 29m of its 30m window")


def test_the_old_stable_cannot_stay_on_as_a_large_canary_after_a_promotion() -> None:
    (reason,) = refusals(record(canary={"v1.2": 100}), "v1.2", {"v1.1": 50})
    assert 'canary["v1.1"]: found 50; from 0% the next step is 5%' in reason


def test_going_back_to_the_previous_stable_is_allowed_at_once() -> None:
    last = record("v1.2", {"v1.3": 50}, previous="v1.1", since=NOON)
    assert refusals(last, "v1.1", {}) == []
    assert refusals(last, "v1.1", {"v1.3": 50}) == []


@pytest.mark.parametrize("tenth", [1, 55, 351, 999])
def test_a_stable_that_becomes_a_canary_with_the_share_it_had_does_not_rise(tenth: int) -> None:
    last = record("v1.2", {"v1.1": (1000 - tenth) / 10}, previous="v1.1", since=NOON)
    assert refusals(last, "v1.1", {"v1.2": tenth / 10}) == []


def test_a_version_that_was_taken_back_is_no_previous_stable() -> None:
    back = advance(stack("v1.1").models["ocr"], record("v1.2", previous="v1.1"), NOON)
    assert back.previous is None
    assert refusals(back, "v1.2", {})


def test_the_image_of_a_version_with_requests_may_not_change() -> None:
    model = stack(canary={"v1.2": 5}, images={"v1.1": "ocr:new", "v1.2": "ocr:newer"}).models["ocr"]
    assert image_refusals("ocr", model, record(canary={"v1.2": 5})) == [
        f'models.ocr.versions["{version}"].image: found {found} in place of {image(version)}, to '
        f"which requests go; write the old image, and give the new one a version of its own"
        for version, found in (("v1.1", "ocr:new"), ("v1.2", "ocr:newer"))
    ]


def test_the_image_of_a_version_with_a_thousandth_of_the_requests_may_not_change() -> None:
    model = stack(canary={"v1.2": 0}, images={"v1.2": "ocr:new"}).models["ocr"]
    assert len(image_refusals("ocr", model, record(canary={"v1.2": 0.1}))) == 1


def test_the_image_of_a_canary_at_0_may_change() -> None:
    model = stack(canary={"v1.2": 0}, images={"v1.2": "ocr:new"}).models["ocr"]
    assert image_refusals("ocr", model, record(canary={"v1.2": 0})) == []


def test_going_back_to_another_image_is_refused() -> None:
    model = stack("v1.1", images={"v1.1": "ocr:new"}).models["ocr"]
    assert len(image_refusals("ocr", model, record("v1.2", previous="v1.1"))) == 1


def test_a_previous_stable_that_left_versions_is_forgotten() -> None:
    last = record("v1.2", previous="v1.1")
    left = advance(stack("v1.2", versions=["v1.2"]).models["ocr"], last, NOON)
    assert (left.previous, set(left.images)) == (None, {"v1.2"})
    assert refusals(left, "v1.1", {})


def test_a_previous_stable_with_another_image_is_forgotten() -> None:
    changed = stack("v1.2", images={"v1.1": "ocr:new"}).models["ocr"]
    left = advance(changed, record("v1.2", previous="v1.1"), NOON)
    assert left.previous is None
    assert refusals(left, "v1.1", {})


def test_an_update_that_changes_nothing_leaves_an_equal_record() -> None:
    last = record("v1.2", {"v1.3": 20}, previous="v1.1")
    assert advance(stack("v1.2", {"v1.3": 20}).models["ocr"], last, NOON) == last


def test_a_changed_weight_starts_its_clock_and_no_other() -> None:
    last = record(canary={"v1.2": 5, "v1.3": 5})
    left = advance(stack(canary={"v1.2": 20, "v1.3": 5}).models["ocr"], last, NOON)
    assert left.since == {"v1.1": LONG_AGO, "v1.2": NOON, "v1.3": LONG_AGO}


def test_a_promotion_starts_the_clock_of_the_new_stable() -> None:
    left = advance(stack("v1.2").models["ocr"], record(canary={"v1.2": 100}), NOON)
    assert (left.since, left.previous) == ({"v1.2": NOON}, "v1.1")


def test_a_live_split_that_is_the_remembered_one_changes_nothing() -> None:
    last = record(canary={"v1.2": 5})
    assert as_found(last, Split("v1.1", {"v1.2": 5.0}), NOON) is last


def test_without_live_routes_the_memory_counts() -> None:
    last = record(canary={"v1.2": 5})
    assert as_found(last, None, NOON) is last
    assert as_found(None, None, NOON) is None


def test_live_routes_count_where_they_differ_and_their_clock_starts_now() -> None:
    last = record(canary={"v1.2": 20, "v1.3": 5})
    found = as_found(last, Split("v1.1", {"v1.2": 0, "v1.3": 5}), NOON)
    assert found == replace(
        last,
        split=Split("v1.1", {"v1.2": 0, "v1.3": 5}),
        since={"v1.1": LONG_AGO, "v1.2": NOON, "v1.3": LONG_AGO},
        corrected=NOON,
    )


def test_live_routes_count_without_any_memory() -> None:
    found = as_found(None, Split("v1.1", {"v1.2": 20}), NOON)
    assert found is not None
    assert refusals(found, "v1.1", {"v1.2": 50}, NOON + WINDOW - BREATH)
    assert not refusals(found, "v1.1", {"v1.2": 50}, NOON + WINDOW)


def test_a_weight_raised_by_hand_does_not_count_as_observed() -> None:
    found = as_found(record(canary={"v1.2": 5}), Split("v1.1", {"v1.2": 100}), NOON)
    assert refusals(found, "v1.2", {})


def test_a_promotion_that_was_interrupted_half_way_can_go_on_or_back() -> None:
    found = as_found(record(canary={"v1.2": 100}), Split("v1.2", {}), NOON)
    assert found is not None
    assert found.previous == "v1.1"
    assert refusals(found, "v1.2", {}) == []
    assert refusals(found, "v1.1", {"v1.2": 100}) == []
