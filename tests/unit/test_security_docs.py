"""The threat model names a test for each control: all of them exist, in both languages the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def named(page: str) -> list[tuple[str, str]]:
    """File and function of each test that a page names; the function is empty for a whole file."""
    return _TEST.findall((ROOT / "docs" / page).read_text())


@pytest.mark.parametrize("page", ["security.md", "security.zh.md"])
def test_each_control_has_a_test_that_exists(page: str) -> None:
    missing = [
        f"{file}::{function}"
        for file, function in named(page)
        if not (ROOT / file).is_file() or f"def {function}" not in (ROOT / file).read_text()
    ]
    assert missing == []


def test_both_languages_name_the_same_tests() -> None:
    assert named("security.md") == named("security.zh.md")
    assert len(named("security.md")) > 20
