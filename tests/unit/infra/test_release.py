"""A whole stack before the guard: all reasons at once, overrides that open one change once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from infra.release import Memory, Refused, admit, found
from infra.split import Split
from tests.unit.infra.stacks import LONG_AGO, NOON, WINDOW, record, stack

JUMP = {"v1.2": 100}
REASON = "stable loses data, incident 4711"


def override(canary: Mapping[str, float], reason: str = REASON) -> dict[str, object]:
    return {"model": "ocr", "stable": "v1.1", "canary": canary, "reason": reason}


def test_an_admitted_update_remembers_the_new_split() -> None:
    left = admit(stack(canary={"v1.2": 5}), Memory({"ocr": record()}), NOON)
    assert left.records["ocr"].split == Split("v1.1", {"v1.2": 5})


def test_every_reason_is_told_at_once_and_that_nothing_was_changed() -> None:
    config = stack("v1.3", JUMP, images={"v1.1": "ocr:new"})
    with pytest.raises(Refused) as refused:
        admit(config, Memory({"ocr": record()}), NOON)
    first, *reasons = str(refused.value).splitlines()
    assert first == "the guard refuses this change of traffic; nothing was changed"
    assert [reason.split(":")[0].strip() for reason in reasons] == [
        'models.ocr.versions["v1.1"].image',
        "models.ocr.stable",
        'models.ocr.canary["v1.2"]',
    ]


def test_a_model_that_left_the_stack_file_is_forgotten() -> None:
    memory = Memory({"ocr": record(), "layout": record()})
    assert set(admit(stack(), memory, NOON).records) == {"ocr"}


def test_an_override_lets_its_change_through_and_is_remembered() -> None:
    config = stack(canary=JUMP, override=override(JUMP))
    left = admit(config, Memory({"ocr": record()}), NOON)
    (spent,) = left.spent
    assert (spent.model, spent.split, spent.reason, spent.at) == (
        "ocr",
        Split("v1.1", JUMP),
        REASON,
        NOON,
    )


def test_an_update_with_a_spent_override_and_no_other_change_leaves_an_equal_memory() -> None:
    config = stack(canary=JUMP, override=override(JUMP))
    left = admit(config, Memory({"ocr": record()}), NOON)
    assert admit(config, left, NOON + WINDOW) == left


def test_a_spent_override_opens_nothing_a_second_time() -> None:
    config = stack(canary=JUMP, override=override(JUMP))
    left = admit(config, Memory({"ocr": record()}), NOON)
    back = admit(stack(), left, NOON)
    with pytest.raises(Refused) as refused:
        admit(config, back, NOON)
    assert refused.value.reasons == [
        'models.ocr.canary["v1.2"]: found 100; from 0% the next step is 5%; write 5 or less',
        "override: was spent by the update of 2026-11-23 12:00:00 UTC; remove it, or give a new "
        "reason if the same change must be forced again",
    ]


def test_a_new_reason_opens_the_same_change_again() -> None:
    memory = admit(stack(canary=JUMP, override=override(JUMP)), Memory({"ocr": record()}), LONG_AGO)
    memory = admit(stack(), memory, LONG_AGO)
    again = stack(canary=JUMP, override=override(JUMP, "and a second time, 4712"))
    assert [spent.at for spent in admit(again, memory, NOON).spent] == [LONG_AGO, NOON]


def test_an_override_opens_no_change_of_another_model() -> None:
    config = stack(canary=JUMP, override=override(JUMP))
    other = config.models["ocr"].model_copy(update={"host": "layout.example.com"})
    both = config.model_copy(update={"models": {**config.models, "layout": other}})
    memory = Memory({"ocr": record(), "layout": record()})
    with pytest.raises(Refused) as refused:
        admit(both, memory, NOON)
    (reason,) = refused.value.reasons
    assert reason.startswith("models.layout.")


def test_an_override_opens_no_change_of_an_image() -> None:
    config = stack(canary=JUMP, override=override(JUMP), images={"v1.1": "ocr:new"})
    with pytest.raises(Refused) as refused:
        admit(config, Memory({"ocr": record()}), NOON)
    (reason,) = refused.value.reasons
    assert 'versions["v1.1"].image' in reason


def test_what_is_live_corrects_the_memory_model_by_model() -> None:
    memory = Memory({"ocr": record(canary={"v1.2": 20}), "layout": record()})
    live = {"ocr": Split("v1.1", {"v1.2": 0}), "pages": Split("v3", {})}
    records = found(memory, live, NOON).records
    assert records["ocr"].split == live["ocr"]
    assert records["layout"] is memory.records["layout"]
    assert records["pages"].split == live["pages"]
