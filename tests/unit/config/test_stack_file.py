"""Stack files: what is read, and what each bad file of the corpus is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.config import ConfigErrors, Secret, load_file
from infra.config.document import MOST_BYTES
from infra.config.stack_file import load
from tests.unit.config.edits import GOOD, HERE, STACKS

BAD = sorted((HERE / "bad").glob("*.yaml"))


def told(content: bytes) -> str:
    """Give the problems of a stack file, each behind its line."""
    with pytest.raises(ConfigErrors) as refusal:
        load(content)
    return "".join(f"{each.line}: {each}\n" for each in refusal.value.problems)


@pytest.mark.parametrize("file", [*GOOD, *STACKS], ids=lambda file: file.name)
def test_good_files_are_read(file: Path) -> None:
    assert load_file(file).models


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_bad_files_are_refused_by_line(file: Path) -> None:
    assert told(file.read_bytes()) == file.with_suffix(".txt").read_text()


def test_a_secret_is_never_shown_nor_decrypted() -> None:
    registry = load_file(HERE / "good" / "everything.yaml").registry
    assert registry
    assert registry.password == Secret("[secret]")
    assert repr(Secret("hunter2")) == "Secret()"


def test_a_file_too_large_is_not_even_parsed() -> None:
    assert told(b"#" * (MOST_BYTES + 1)) == "None: found 1048577 bytes; write at most 1048576\n"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused(opening: str) -> None:
    assert "found very deep nesting" in told(opening.encode() * 5000)


def test_more_levels_than_any_stack_has_are_refused() -> None:
    assert told(b"[" * 40 + b"]" * 40).startswith("None: found more than 32 levels")
