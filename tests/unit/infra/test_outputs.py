"""The memory in the stack's outputs comes back as it went, by way of the engine's JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.guard import Record
from infra.outputs import from_outputs, to_outputs
from infra.override import Spent
from infra.release import Memory
from infra.split import Split
from tests.unit.infra.stacks import LONG_AGO, NOON, image, record, stack

WEIGHTS = st.integers(0, 1000).map(lambda tenths: tenths / 10)


def through_the_engine(outputs: dict[str, Any]) -> dict[str, Any]:
    """Numbers come back from the engine as floats."""
    returned: dict[str, Any] = json.loads(json.dumps(outputs), parse_int=float)
    return returned


def test_people_read_host_url_and_split() -> None:
    memory = Memory({"ocr": record("v1.1", {"v1.2": 5}, since=NOON)})
    assert to_outputs(stack(), memory) == {
        "models": {
            "ocr": {
                "host": "ocr.example.com",
                "url": "http://ocr.example.com",
                "stable": "v1.1",
                "canary": {"v1.2": 5},
                "since": {"v1.1": "2026-11-23T12:00:00Z", "v1.2": "2026-11-23T12:00:00Z"},
                "previous": None,
                "images": {"v1.1": image("v1.1"), "v1.2": image("v1.2")},
                "corrected": None,
            }
        },
        "overrides": [],
    }


@given(weight=WEIGHTS, previous=st.sampled_from([None, "v1.3"]), spent=st.booleans())
def test_a_memory_comes_back_equal(weight: float, previous: str | None, spent: bool) -> None:
    memory = Memory(
        {"ocr": record("v1.1", {"v1.2": weight}, previous=previous)},
        (Spent("ocr", Split("v1.1", {"v1.2": weight}), "because of 4711", LONG_AGO),) * spent,
    )
    assert from_outputs(through_the_engine(to_outputs(stack(), memory))) == memory


def test_a_stack_without_outputs_has_an_empty_memory() -> None:
    assert from_outputs({}) == Memory({})


def test_an_absent_previous_stable_is_none() -> None:
    # The engine drops keys whose value is null.
    outputs = through_the_engine(to_outputs(stack(), Memory({"ocr": record()})))
    del outputs["models"]["ocr"]["previous"]
    assert from_outputs(outputs).records["ocr"] == Record(
        Split("v1.1", {}), {"v1.1": LONG_AGO}, None, {"v1.1": image("v1.1")}
    )
