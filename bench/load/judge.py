"""Whether an answer is right: against what the model itself says, or against the page's text."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# A batch of other lines, or other threads, changes the last digits of a score; a box is rounded to
# whole pixels, so that its corners may come out one pixel off.
_SCORE_OFF = 0.01
_PIXELS_OFF = 2.0

Judge = Callable[[int, str | None, bytes], bool]
"""From the page's number, the version that answers and its answer: whether it is right."""


def agrees(answer: bytes, expected: bytes) -> bool:
    """Whether two answers have the same lines of text, with scores and boxes as good as equal."""
    if answer == expected:
        return True
    try:
        lines, others = _lines(answer), _lines(expected)
        return len(lines) == len(others) and all(map(_same, lines, others))
    except (ValueError, TypeError, KeyError):
        return False


def similarity(read: Sequence[str], truth: Sequence[str]) -> float:
    """1 less the share of letters to insert, delete or change to get from one to the other.

    Blanks do not count: PP-OCRv4 reads narrow ones only now and then. The result is from 0 to 1.
    """
    found, wanted = ("".join("".join(lines).split()) for lines in (read, truth))
    longest = max(len(found), len(wanted))
    return 1 - _distance(found, wanted) / longest if longest else 1.0


def against_reference(expected: Mapping[str, Sequence[bytes]]) -> Judge:
    """Right is what the version itself said, called alone, without a service around it.

    Args:
        expected: version -> its answer to each page. Answers of a version that is not there are
            wrong. Answers without a version are compared with the only one, if there is one.
    """
    only = next(iter(expected)) if len(expected) == 1 else None

    def judge(page: int, version: str | None, answer: bytes) -> bool:
        answers = expected.get(version or only or "")
        return answers is not None and agrees(answer, answers[page])

    return judge


def against_truth(truth: Sequence[Sequence[str]], least: float) -> Judge:
    """Right is a text that is similar enough to the page's.

    Args:
        truth: lines of each page.
        least: similarity from which an answer is right.
    """

    # A service says the same about a page each time, and measuring similarity takes long.
    @functools.cache
    def similar(page: int, read: tuple[str, ...]) -> bool:
        return similarity(read, truth[page]) >= least

    def judge(page: int, _version: str | None, answer: bytes) -> bool:
        try:
            return similar(page, tuple(str(line["text"]) for line in _lines(answer)))
        except (ValueError, TypeError, KeyError):
            return False

    return judge


def through(translate: Callable[[bytes], bytes], judge: Judge) -> Judge:
    """Judges the translation of answers; one that has none is wrong."""

    def judged(page: int, version: str | None, answer: bytes) -> bool:
        try:
            translated = translate(answer)
        except (ValueError, TypeError, KeyError):
            return False
        return judge(page, version, translated)

    return judged


def _lines(answer: bytes) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(answer)["lines"]
    return lines


def _same(line: dict[str, Any], other: dict[str, Any]) -> bool:
    corners = zip(line["box"], other["box"], strict=True)
    return (
        line["text"] == other["text"]
        and abs(line["score"] - other["score"]) <= _SCORE_OFF
        and all(
            abs(x - u) <= _PIXELS_OFF and abs(y - v) <= _PIXELS_OFF for (x, y), (u, v) in corners
        )
    )


def _distance(one: str, other: str) -> int:
    """Levenshtein's."""
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, found in enumerate(other, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != found)))
        above = line
    return above[-1]
