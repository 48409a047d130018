"""The stack files in docs/alerting.md, in both languages, are right."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from infra.config import parse
from tests.unit.config.edits import edited
from tests.unit.config.test_alerting_refused import ALERTING

DOCS = Path(__file__).parents[3] / "docs"


def samples(name: str) -> list[dict[str, Any]]:
    """Every YAML block of a page."""
    blocks = re.findall("```yaml\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)
    return [yaml.safe_load(dedent(block)) for block in blocks]


@pytest.mark.parametrize("name", ["alerting.md", "alerting.zh.md"])
def test_what_the_page_shows_is_accepted(name: str) -> None:
    stack, hours, mutes, _ = samples(name)
    owner = stack["paddle-canary:models"]["ocr"]["owner"]
    alerting = ALERTING | stack["paddle-canary:alerting"] | hours | mutes
    config = parse(edited({"alerting": alerting, "models/ocr/owner": owner})).alerting
    assert config
    assert set(config.teams) == {"vision", "platform"}
    assert config.working_hours
    assert set(config.mutes) == {"load-test", "move"}


def test_both_languages_show_the_same() -> None:
    def without_reasons(name: str) -> list[dict[str, Any]]:
        found = samples(name)
        for mute in found[2]["mutes"].values():
            del mute["reason"]
        return found

    assert without_reasons("alerting.md") == without_reasons("alerting.zh.md")
