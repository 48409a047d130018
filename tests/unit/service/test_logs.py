"""A log line is one JSON object, and one answer in many is logged, except failures."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service import logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Gives what has been logged since logging was configured."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    logs.configure("ocr", "v1.1")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_says_when_what_and_which_version(lines: Lines) -> None:
    logging.getLogger("service.workers.pool").error("worker %s ended", 7)
    (line,) = lines()
    assert line.pop("time")[-1] == "Z"
    assert line == {
        "level": "error",
        "logger": "service.workers.pool",
        "message": "worker 7 ended",
        "model": "ocr",
        "version": "v1.1",
    }


def test_an_exception_stays_on_its_line(lines: Lines) -> None:
    logging.getLogger().error("failed", exc_info=ValueError("two\nlines"))
    (line,) = lines()
    assert "ValueError: two\nlines" in line["exception"]


def test_failures_are_chosen_whatever_the_sample() -> None:
    assert [logs.chosen(0.0, status) for status in (200, 404, 500, 503)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_sample_of_one_chooses_all() -> None:
    assert all(logs.chosen(1.0, status) for status in (200, 404))


def test_an_answer_is_one_line_with_its_fields(lines: Lines) -> None:
    logs.access(status=200, request_id="abc")
    (line,) = lines()
    assert (line["message"], line["status"], line["request_id"]) == ("answered", 200, "abc")
