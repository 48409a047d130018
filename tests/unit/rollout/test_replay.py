"""`python -m rollout judge`: verdicts of simulated traces, and what is told of bad ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rollout.cli import main
from tests.unit.rollout.traces import HEADER, SCRAPE, World, lines

SOUND = World()
PROMOTE, ROLLBACK, HOLD, BAD = 0, 1, 2, 3

FAULTS = {
    "errors": (replace(SOUND, bad_errors=0.02), "errors"),
    "errors that begin late": (replace(SOUND, bad_errors=0.02, fault=60), "errors"),
    "a slow tail": (replace(SOUND, bad_slow=0.05), "slower_1"),
    "poor answers": (replace(SOUND, bad_poor=0.1), "bad_confidence"),
    "lost requests": (replace(SOUND, lost=0.5), "share"),
    "errors behind restarts": (
        replace(SOUND, bad_errors=0.02, restarts=(5, 10, 15, 20)),
        "errors",
    ),
}


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace.csv"


def judged(
    trace: Path, world: World, capsys: pytest.CaptureFixture[str], *options: str, seed: int = 1
) -> tuple[int, list[dict[str, object]]]:
    trace.write_text("\n".join(lines(world, seed)))
    status = main(["judge", str(trace), *options])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(("world", "signal"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_rolled_back_by_the_signal_that_shows_it(
    trace: Path, capsys: pytest.CaptureFixture[str], world: World, signal: str
) -> None:
    status, verdicts = judged(trace, world, capsys)
    assert status == ROLLBACK
    assert verdicts[-1]["verdict"] == "rollback"
    found = str(verdicts[-1]["signal"])
    assert found == signal or (signal == "slower_1" and found.startswith("slower_"))
    assert [each["verdict"] for each in verdicts[:-1]] == ["hold"] * (len(verdicts) - 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "world",
    [SOUND, replace(SOUND, missing=0.2), replace(SOUND, restarts=(30, 90))],
    ids=["all rows", "missing rows", "restarts"],
)
def test_a_sound_canary_is_promoted_after_its_window(
    trace: Path, capsys: pytest.CaptureFixture[str], world: World, seed: int
) -> None:
    status, verdicts = judged(trace, world, capsys, seed=seed)
    assert status == PROMOTE
    assert float(str(verdicts[-1]["t"])) >= 1800


def test_a_fault_of_both_arms_is_not_the_canarys(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = replace(SOUND, errors=0.03, bad_errors=0.03)
    status, verdicts = judged(trace, world, capsys)
    assert status == HOLD
    assert "errors" in str(verdicts[-1]["reason"])


def test_without_requests_to_the_canary_nothing_is_promoted(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace.write_text("\n".join(line for line in lines(SOUND, 1) if "canary" not in line))
    assert main(["judge", str(trace)]) == HOLD


def test_too_few_requests_hold(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, verdicts = judged(trace, replace(SOUND, rate=0.5), capsys)
    assert status == HOLD
    assert "requests" in str(verdicts[-1]["reason"])


def test_each_scrape_has_a_line_in_time(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, verdicts = judged(trace, replace(SOUND, scrapes=20), capsys)
    assert [each["t"] for each in verdicts] == [scrape * SCRAPE for scrape in range(20)]


def test_the_order_of_rows_does_not_matter(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, verdicts = judged(trace, SOUND, capsys)
    header, *rows = trace.read_text().splitlines()
    by_arm = sorted(rows, key=lambda row: row.split(",")[1])
    trace.write_text("\n".join([header, *by_arm]))
    assert main(["judge", str(trace)]) == status
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == verdicts[-1]


def test_a_share_in_percent_is_the_same_as_one_of_1(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, verdicts = judged(trace, SOUND, capsys)
    trace.write_text(trace.read_text().replace(",0.1,", ",10,"))
    main(["judge", str(trace)])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == verdicts[-1]


ROW = "0,stable,10,0,9,10,10,0.1,0"
BROKEN = {
    "an empty file": ("", 1, "no column t"),
    "no header": (ROW, 1, "no column t"),
    "a missing column": ("t,arm,requests\n0,stable,1", 1, "no column errors"),
    "an unknown column": (f"{HEADER},color\n{ROW},red", 1, "the column 'color'"),
    "a bucket without a bound": (HEADER.replace("le_0.1", "le_x"), 1, "the column 'le_x'"),
    "a column twice": (HEADER.replace("le_1", "le_0.5"), 1, "two columns le_0.5"),
    "too few cells": (f"{HEADER}\n{ROW}\n15,stable", 3, "2 cells"),
    "an unknown arm": (f"{HEADER}\n{ROW.replace('stable', 'blue')}", 2, "arm 'blue'"),
    "a word for a number": (f"{HEADER}\n{ROW.replace('10,0,9', 'ten,0,9')}", 2, "requests 'ten'"),
    "no number": (f"{HEADER}\n{ROW.replace('10,0,9', 'nan,0,9')}", 2, "requests 'nan'"),
    "a negative counter": (f"{HEADER}\n{ROW.replace('10,0,9', '-10,0,9')}", 2, "requests -10"),
    "a rate for a counter": (f"{HEADER}\n{ROW.replace('10,0,9', '10.5,0,9')}", 2, "requests 10.5"),
    "more errors than requests": (f"{HEADER}\n{ROW.replace('10,0,9', '10,11,9')}", 2, "errors 11"),
    "buckets that fall": (f"{HEADER}\n{ROW.replace('9,10,10', '9,8,10')}", 2, "le_0.1 9 above"),
    "a row twice": (f"{HEADER}\n{ROW}\n{ROW}", 3, "another row of stable"),
    "a share above all": (f"{HEADER}\n{ROW.replace('0.1', '101')}", 2, "share 101"),
}


@pytest.mark.parametrize(("text", "line", "found"), BROKEN.values(), ids=BROKEN)
def test_bad_input_names_its_line(
    trace: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, found: str
) -> None:
    trace.write_text(text)
    assert main(["judge", str(trace)]) == BAD
    told = capsys.readouterr().err
    assert f"line {line}: found {found}" in told
    assert "; write " in told


def test_a_header_alone_is_no_evidence(trace: Path) -> None:
    trace.write_text(HEADER)
    assert main(["judge", str(trace)]) == HOLD


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", "/nowhere.csv"]) == BAD
    assert "/nowhere.csv: No such file" in capsys.readouterr().err


def test_a_setting_that_cannot_be(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace.write_text(HEADER)
    assert main(["judge", str(trace), "--alpha", "2"]) == BAD
    assert "alpha: found 2.0; write a share between 0 and 1" in capsys.readouterr().err


def test_a_spreadsheets_mark_and_line_ends_are_taken(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "\n".join(lines(replace(SOUND, scrapes=3), 1))
    trace.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert main(["judge", str(trace)]) == HOLD
    assert len(capsys.readouterr().out.splitlines()) == 3
