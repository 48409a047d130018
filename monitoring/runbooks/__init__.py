"""What to do when an alert fires: a page for each, in English and Chinese, beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def path(alert: str, language: Literal["en", "zh"]) -> Path:
    """The page of an alert."""
    return Path(__file__).with_name(f"{alert}.md" if language == "en" else f"{alert}.zh.md")
