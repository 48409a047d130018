"""The damage is the weights' alone, and the test tells two distributions apart, and only two."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from bench.docs import put
from bench.pages.draw import page
from bench.quality.accuracy import ENGLISH, accuracy, table
from bench.quality.damage import damaged
from bench.quality.ranks import p_value


def _tensor(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> bytes:
    described = b"\x08\x05" + b"".join(b"\x10" + bytes([size]) for size in values.shape)
    return struct.pack("<IQIi", 0, 0, 0, len(described)) + described + values.tobytes()


def test_damage_changes_weights_and_nothing_around_them() -> None:
    values = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
    whole = _tensor(values) * 2
    broken = damaged(whole, strength=0.1, seed=1)
    assert broken == damaged(whole, strength=0.1, seed=1)
    head = len(whole) // 2 - values.nbytes
    assert broken[:head] == whole[:head]
    after = np.frombuffer(broken, np.float32, 6, head)
    assert (after != values.ravel()).all()
    assert after == pytest.approx(values.ravel(), rel=0.5)


def test_no_strength_no_damage() -> None:
    whole = _tensor(np.ones((2, 2), np.float32))
    assert damaged(whole, strength=0.0, seed=1) == whole


def test_equal_histograms_are_no_evidence() -> None:
    assert p_value([10, 20, 30], [10, 20, 30]) == pytest.approx(1.0)
    assert p_value([], []) == 1.0
    assert p_value([5, 0], [9, 0]) == 1.0


def test_a_shift_is_evidence() -> None:
    assert p_value([10, 20, 30], [30, 20, 10]) < 1e-4


def test_false_alarms_are_as_rare_as_they_should_be() -> None:
    rng = random.Random(7)  # noqa: S311

    def sample() -> list[int]:
        counts = [0] * 5
        for _ in range(200):
            counts[min(4, int(rng.expovariate(0.7)))] += 1
        return counts

    alarms = sum(p_value(sample(), sample()) < 0.05 for _ in range(1000))
    assert 25 <= alarms <= 75


@pytest.mark.usefixtures("fonts")
def test_accuracy_tells_languages_apart_and_lines_from_letters() -> None:
    by_language = {sheet.attributes.language: sheet for sheet in map(page, range(20))}
    pages = [by_language[language] for language in ("en", "zh", "both")]
    read = [pages[0].lines, (), tuple(line[:-1] for line in pages[2].lines)]
    found = accuracy("v1.1", True, pages, read)
    assert found.letters["en"] == 1.0
    assert found.letters["zh"] == 0.0
    assert 0.5 < found.letters["both"] < 1.0
    assert found.lines == len(pages[0].lines) / sum(len(sheet.lines) for sheet in pages)
    assert found.empty == pytest.approx(1 / 3)
    *_, row = table([found], ENGLISH).splitlines()
    assert row.startswith("| 3 upside down | v1.1 | 100.0% | 0.0% |")
    assert row.endswith(" | 33% |")


def test_a_table_is_put_between_its_marks_again_and_again(tmp_path: Path) -> None:
    document = tmp_path / "serving.md"
    document.write_text("before\n<!-- bench.quality -->\nold\n<!-- end of bench.quality -->\nafter")
    for _ in range(2):
        put("bench.quality", "| new |", document)
    lines = document.read_text().splitlines()
    assert [lines[0], lines[2], lines[4]] == ["before", "| new |", "after"]
    document.write_text("no marks")
    with pytest.raises(ValueError, match="needs the lines"):
        put("bench.quality", "| new |", document)
