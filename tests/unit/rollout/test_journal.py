"""A page of the journal as the cluster keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from infra.config import Rollout
from infra.split import Split
from rollout.journal import MOST_ENTRIES, Entry, Page, _dump, _parse, turned
from rollout.state import Act, Command, Outcome, Phase, State

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
STATE = State(
    "v1.1",
    "v1.2",
    Phase.BACK,
    NOW,
    step=2,
    act=Act("patch", Split("v1.1", {"v1.2": 0})),
    paused=True,
    outcome=Outcome.ROLLED_BACK,
    reason="critical alerts fire: NoReadyEndpoints\nand more",
)
ENTRY = Entry(NOW, "host-1", STATE, {"errors": {"e": 120.5}})
PAGE = Page(
    STATE,
    Rollout.model_validate({"window": "90s", "gates": [50], "judge": {"alpha": 0.001}}),
    "host-1",
    '{"wealth": [1.0, 2.5]}',
    (ENTRY, ENTRY),
    (Command.PAUSE, Command.ABORT),
    "17",
)


def test_a_page_comes_back_as_it_was_written() -> None:
    assert _parse(_dump(PAGE), "17") == PAGE


def test_an_object_without_data_is_an_empty_page() -> None:
    assert _parse({}, "1") == Page(revision="1")


def test_the_oldest_entries_make_room() -> None:
    page = Page()
    for second in range(MOST_ENTRIES + 5):
        page = turned(page, replace(ENTRY, at=NOW.replace(microsecond=second)))
    assert len(page.entries) == MOST_ENTRIES
    assert page.entries[0].at.microsecond == 5
    assert page.state == STATE


def test_a_full_journal_fits_into_an_object() -> None:
    long = replace(ENTRY, evidence={"words": "x" * 1500})
    written = _dump(replace(PAGE, entries=(long,) * MOST_ENTRIES))
    assert sum(map(len, written.values())) < 900_000
