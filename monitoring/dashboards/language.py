"""Text in the language of the stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Say = Callable[[str, str], str]


def speaker(language: Literal["en", "zh"]) -> Say:
    """What picks one of an English and a Chinese text."""
    return (lambda en, _: en) if language == "en" else (lambda _, zh: zh)
