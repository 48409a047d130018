"""Pages are always the same, have what they say, and differ in all that makes them hard."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.pages.draw import page
from bench.pages.folder import read, write

pytestmark = pytest.mark.usefixtures("fonts")


def _pixels(image: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(image)).convert("L"))


def test_a_seed_gives_the_same_page_each_time() -> None:
    assert [page(seed) for seed in range(10)] == [page(seed) for seed in range(10)]


def test_no_two_pages_are_alike() -> None:
    assert len({page(seed).image for seed in range(30)}) == 30
    assert len({page(seed).lines for seed in range(30)}) == 30


def test_turning_a_page_changes_nothing_else() -> None:
    seed = next(seed for seed in range(50) if page(seed).attributes.format == "png")
    upright, turned = page(seed, turned=False), page(seed, turned=True)
    assert upright.lines == turned.lines
    assert (_pixels(upright.image) == _pixels(turned.image)[::-1, ::-1]).all()
    assert page(seed) in (upright, turned)


def test_pages_are_what_their_attributes_say() -> None:
    for seed in range(20):
        drawn = page(seed)
        with Image.open(io.BytesIO(drawn.image)) as image:
            assert image.format == drawn.attributes.format.upper()
            assert image.size == (drawn.attributes.width, drawn.attributes.height)
        han = any("\u4e00" <= letter <= "\u9fff" for line in drawn.lines for letter in line)
        assert han == (drawn.attributes.language != "en")
        assert abs(drawn.attributes.skew) <= 2


def test_every_line_is_drawn_inside_its_page() -> None:
    for seed in range(40):
        drawn = page(seed, turned=False)
        pixels = _pixels(drawn.image).astype(int)
        background = np.median(pixels)
        edge = np.concatenate([pixels[:, :4].ravel(), pixels[:, -4:].ravel()])
        assert (background - edge).max() < 90, "letters reach the edge"
        assert (background - pixels).max() > 90, "nothing is written"


def test_pages_differ_in_all_that_makes_them_hard() -> None:
    found = [page(seed).attributes for seed in range(100)]
    assert {one.language for one in found} == {"en", "zh", "both"}
    assert {one.format for one in found} == {"png", "jpeg"}
    assert {one.width for one in found} == {360, 480, 640, 800}
    assert len({one.font for one in found}) >= 6
    assert 10 < sum(one.turned for one in found) < 40
    for amount in ("skew", "noise", "blur"):
        values = [getattr(one, amount) for one in found]
        assert 10 < sum(value != 0 for value in values) < 90


def test_a_folder_gives_back_what_was_written(tmp_path: Path) -> None:
    pages = [page(seed) for seed in range(6)]
    write(tmp_path / "pages", pages)
    sheets = read(tmp_path / "pages")
    assert [sheet.image for sheet in sheets] == [drawn.image for drawn in pages]
    assert [sheet.lines for sheet in sheets] == [drawn.lines for drawn in pages]
    assert {sheet.content_type for sheet in sheets} == {"image/png", "image/jpeg"}
