"""Parts keep to the budget and lose nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitoring.relay.robots import KINDS
from monitoring.relay.split import split

LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20)


@given(LINES, st.integers(min_value=40, max_value=400))
def test_nothing_is_lost_or_reordered(lines: list[str], budget: int) -> None:
    for kind in KINDS.values():
        parts = split(lines, budget, kind.weight)
        assert "".join(piece for part in parts for piece in part) == "".join(lines)
        assert all(sum(map(kind.weight, part)) <= budget for part in parts)


@given(LINES)
def test_lines_that_fit_stay_whole(lines: list[str]) -> None:
    weight = KINDS["wecom"].weight
    budget = max(map(weight, lines), default=1)
    assert [line for part in split(lines, budget, weight) for line in part] == lines


def test_parts_are_as_few_as_possible() -> None:
    assert split(["aaa", "bb", "c", "dddd"], 9, KINDS["wecom"].weight) == [
        ["aaa", "bb", "c"],
        ["dddd"],
    ]


def test_a_character_is_never_cut() -> None:
    assert split(["告警🔴触发"], 8, KINDS["wecom"].weight) == [["告警"], ["🔴触"], ["发"]]


def test_weights_are_what_a_message_grows_by() -> None:
    from monitoring.relay.messages import Message  # noqa: PLC0415

    for kind in KINDS.values():
        for line in ("", 'plain "quoted"\t\\', "告警 🔴"):
            before = kind.size(Message("t", ("first",), (), "info"))
            after = kind.size(Message("t", ("first", line), (), "info"))
            assert after - before == kind.weight(line)
