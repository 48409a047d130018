"""`python -m infra.config`, as a release engineer and CI call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.config.__main__ import main
from tests.unit.config.edits import HERE

GOOD_FILE = str(HERE / "good" / "minimal.yaml")
BAD_FILE = str(HERE / "bad" / "duplicate_keys.yaml")


def test_a_right_file_is_named_with_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", GOOD_FILE]) == 0
    assert capsys.readouterr().out == f"{GOOD_FILE}: valid (ocr; data plane ingress)\n"


def test_every_file_is_checked_even_after_a_wrong_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", BAD_FILE, GOOD_FILE]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{GOOD_FILE}: valid")
    assert shown.err.splitlines() == [
        f"{BAD_FILE}:9: models.ocr.stable: found the key again, as in line 8; write it once",
        f'{BAD_FILE}:13: models.ocr.versions["v1.1"]: found the key again, as in line 11; '
        "write it once",
    ]


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = tmp_path / "Pulumi.nope.yaml"
    assert main(["check", str(missing), str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{missing}: No such file or directory; write the path of a stack file",
        f"{tmp_path}: Is a directory; write the path of a stack file",
    ]


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "paddle-canary stack file"


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m infra.config check Pulumi.dev.yaml" in capsys.readouterr().out
