"""The arithmetic around the OCR networks, without the networks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from service.handlers import text


def _heat(height: int, width: int, *lines: tuple[int, int, int, int]) -> text.Tensor:
    heat = np.zeros((height, width), np.float32)
    for x, y, w, h in lines:
        heat[y : y + h, x : x + w] = 0.9
    return heat


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [(140, 104, (128, 96)), (1, 1, (32, 32)), (2000, 1000, (960, 480)), (1, 5000, (32, 960))],
)
def test_the_detector_sees_sides_that_are_multiples_of_32(
    height: int, width: int, shape: tuple[int, int]
) -> None:
    tensor = text.page_tensor(np.zeros((height, width, 3), np.uint8))
    assert tensor.shape == (1, 3, *shape)
    assert tensor.dtype == np.float32


def test_a_blank_page_has_no_boxes() -> None:
    assert text.boxes(_heat(64, 64), 64, 64) == []


def test_boxes_are_grown_and_scaled_to_the_page() -> None:
    (box,) = text.boxes(_heat(100, 200, (50, 40, 60, 10)), height=200, width=400)
    left, top = box[0]
    right, bottom = box[2]
    # The network's line is 60 x 10; area / perimeter x 1.5 is 6.4 a side; the page is doubled.
    assert (80 < left < 100, 60 < top < 80) == (True, True)
    assert (220 < right < 240, 100 < bottom < 120) == (True, True)


def test_specks_are_no_lines() -> None:
    assert text.boxes(_heat(64, 64, (10, 10, 2, 2)), 64, 64) == []


def test_boxes_stay_inside_the_page() -> None:
    (box,) = text.boxes(_heat(64, 64, (0, 0, 64, 20)), 64, 64)
    assert box.min() >= 0
    assert box.max() <= 63


def test_boxes_come_by_rows_then_from_left_to_right() -> None:
    heat = _heat(100, 200, (120, 11, 40, 10), (20, 13, 40, 10), (20, 60, 40, 10))
    lefts = [
        (round(float(box[0, 0]) / 20), round(float(box[0, 1]) / 20))
        for box in text.boxes(heat, 100, 200)
    ]
    assert [column > 3 for column, _ in lefts] == [False, True, False]
    assert lefts[2][1] > lefts[0][1]


def test_a_crop_is_what_the_box_holds() -> None:
    page = np.zeros((40, 60, 3), np.uint8)
    page[10:20, 20:50] = 255
    box = np.array([[20, 10], [50, 10], [50, 20], [20, 20]], np.float32)
    line = text.crop(page, box)
    assert line.shape == (10, 30, 3)
    assert line.mean() > 240


def test_a_line_that_stands_upright_is_laid_down() -> None:
    box = np.array([[20, 5], [30, 5], [30, 35], [20, 35]], np.float32)
    assert text.crop(np.zeros((40, 60, 3), np.uint8), box).shape == (10, 30, 3)


def test_a_box_without_extent_still_gives_a_pixel() -> None:
    box = np.zeros((4, 2), np.float32)
    assert text.crop(np.zeros((40, 60, 3), np.uint8), box).shape == (1, 1, 3)


def test_a_line_is_scaled_to_48_pixels_and_padded_with_zeros() -> None:
    tensor = text.line_tensor(np.full((24, 48, 3), 255, np.uint8), width=160)
    assert tensor.shape == (1, 3, 48, 160)
    assert (tensor[..., :96] == 1).all()
    assert (tensor[..., 96:] == 0).all()


def test_a_line_too_long_is_squeezed_into_the_width() -> None:
    tensor = text.line_tensor(np.full((24, 4800, 3), 255, np.uint8), width=160)
    assert (tensor == 1).all()


def _steps(*classes: int) -> text.Tensor:
    steps = np.full((len(classes), 4), 0.05, np.float32)
    steps[range(len(classes)), classes] = 0.85
    return steps


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ((1, 2, 3), "abc"),
        ((1, 1, 2), "ab"),  # one letter over several steps
        ((1, 0, 1), "aa"),  # a blank between them makes two
        ((0, 0, 1, 0), "a"),
        ((0, 0), ""),
    ],
)
def test_steps_decode_to_text(classes: tuple[int, ...], expected: str) -> None:
    read, score = text.decode_text(_steps(*classes), "abc")
    assert read == expected
    assert score == pytest.approx(0.85 if expected else 0.0)


def test_a_turned_line_survives_the_way_to_the_detector() -> None:
    page = np.full((200, 200, 3), 255, np.uint8)
    cv2.putText(page, "X", (50, 150), cv2.FONT_HERSHEY_SIMPLEX, 3, (0, 0, 0), 5)
    assert np.allclose(
        text.page_tensor(page)[..., ::-1, ::-1], text.page_tensor(page[::-1, ::-1]), atol=1e-3
    )
