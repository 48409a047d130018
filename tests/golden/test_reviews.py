"""Recorded changes of a stack file, and what a reviewer reads of each.

After a wanted change, write the golden files anew and review their difference:

    for case in tests/golden/reviews/*/; do
        python -m infra.review $case/base.yaml $case/head.yaml > $case/review.md
    done
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.review.__main__ import main

CASES = sorted((Path(__file__).parent / "reviews").iterdir())
STATUS = {
    "looser-alerts": 2,
    "moved-host": 2,
    "new-canary": 0,
    "new-stack": 0,
    "next-step": 0,
    "other-accelerator": 0,
    "other-people": 2,
    "overruled-guard": 2,
    "plain-secret": 1,
    "promotion": 0,
    "promotion-without-a-way-back": 2,
    "removed-model": 2,
    "restarted-pods": 2,
    "roll-back": 0,
    "skipped-step": 1,
    "wrong-file": 1,
}
QUESTIONS = ("## What changes for users", "## What could go wrong", "## How to undo")


def test_every_recorded_change_has_a_status() -> None:
    assert [case.name for case in CASES] == sorted(STATUS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_reads_as_reviewed(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([str(case / "base.yaml"), str(case / "head.yaml")])
    assert capsys.readouterr().out == (case / "review.md").read_text()
    assert status == STATUS[case.name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_review_answers_the_questions_of_a_first_time_reviewer(case: Path) -> None:
    review = (case / "review.md").read_text()
    if case.name == "wrong-file":
        assert "## Refused" in review
    else:
        assert all(question in review for question in QUESTIONS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_machine_gets_the_same_verdict(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main([str(case / "base.yaml"), str(case / "head.yaml"), "--json"])
    out = capsys.readouterr().out
    assert "hunter2" not in out
    verdict = json.loads(out)["verdict"]
    assert {"fine": 0, "refused": 1, "attention": 2}[verdict] == status


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_secret_stands_in_no_review(case: Path) -> None:
    assert "hunter2" not in (case / "review.md").read_text()
    assert "v1:" not in (case / "review.md").read_text().replace("ocr:v1:", "")
