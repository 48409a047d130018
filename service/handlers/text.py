"""The arithmetic around the PP-OCR networks: pixels to tensors, network outputs to boxes and text.

Pure functions. Constants are those the networks were trained and published with (PaddleOCR's
inference defaults for PP-OCRv4 mobile), except where a comment says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from service.handlers.images import Pixels

Tensor = NDArray[np.float32]
Box = NDArray[
    np.float32
]  # four corners (4, 2) as x, y: top left, top right, bottom right, bottom left

LINE_HEIGHT = 48
_PAGE_SIDE = 960
_PAGE_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_PAGE_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_INK = 0.3
_BOX_SCORE = 0.6
_UNCLIP = 1.5
_SMALLEST_SIDE = 3.0


def page_tensor(page: Pixels) -> Tensor:
    """The detector's input (1, 3, h, w): sides multiples of 32, the longer at most 960."""
    height, width = page.shape[:2]
    scale = min(1.0, _PAGE_SIDE / max(height, width))
    size = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
    resized = cv2.resize(page, size).astype(np.float32) / 255
    return np.asarray(((resized - _PAGE_MEAN) / _PAGE_DEVIATION).transpose(2, 0, 1)[None])


def boxes(heat: Tensor, height: int, width: int) -> list[Box]:
    """Boxes of text lines in reading order, in pixels of a page of that height and width.

    Args:
        heat: the detector's output (h, w), the probability that a pixel is inside a shrunken line.
    """
    ink = cv2.dilate((heat > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours: Sequence[Any] = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]
    scale = np.array([width / heat.shape[1], height / heat.shape[0]], np.float32)
    found: list[Box] = []
    for contour in contours:
        centre, (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < _SMALLEST_SIDE or _mean_inside(heat, contour) < _BOX_SCORE:
            continue
        # The network marks lines shrunken by area / perimeter; growing a rectangle by the same
        # distance on all sides undoes it.
        grown = _UNCLIP * w * h / (w + h)
        corners = cv2.boxPoints((centre, (w + grown, h + grown), angle)) * scale
        found.append(_clockwise(np.clip(corners, 0, [width - 1, height - 1]).astype(np.float32)))
    return _reading_order(found)


def _mean_inside(heat: Tensor, contour: NDArray[np.int32]) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [contour - np.array([x, y])], (1,))
    return float(cv2.mean(heat[y : y + h, x : x + w], mask)[0])


def _clockwise(corners: Box) -> Box:
    left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _reading_order(found: list[Box]) -> list[Box]:
    """Top to bottom; boxes whose tops differ by less than half a height are one row, by x."""
    rows: list[list[Box]] = []
    for box in sorted(found, key=lambda box: float(box[0, 1])):
        row = rows[-1] if rows else None
        if row and box[0, 1] - row[0][0, 1] < (row[0][3, 1] - row[0][0, 1]) / 2:
            row.append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda box: float(box[0, 0]))]


def crop(page: Pixels, box: Box) -> Pixels:
    """The line inside the box, straightened; a line that stands upright is laid down."""
    width = max(1, round(max(math.dist(box[0], box[1]), math.dist(box[3], box[2]))))
    height = max(1, round(max(math.dist(box[0], box[3]), math.dist(box[1], box[2]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    line = cv2.warpPerspective(
        page,
        cv2.getPerspectiveTransform(box, target),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(np.rot90(line) if height >= 1.5 * width else line, np.uint8)


def line_tensor(line: Pixels, width: int) -> Tensor:
    """The input of classifier and recogniser (1, 3, 48, width): scaled, padded on the right."""
    height, length = line.shape[:2]
    scaled = min(width, max(1, math.ceil(LINE_HEIGHT * length / height)))
    resized = cv2.resize(line, (scaled, LINE_HEIGHT)).astype(np.float32) / 127.5 - 1
    tensor = np.zeros((1, 3, LINE_HEIGHT, width), np.float32)
    tensor[0, :, :, :scaled] = resized.transpose(2, 0, 1)
    return tensor


def decode_text(probabilities: Tensor, alphabet: Sequence[str]) -> tuple[str, float]:
    """Text and mean confidence from the recogniser's (steps, 1 + letters); class 0 is a blank."""
    best = probabilities.argmax(axis=1)
    kept = (best != 0) & (best != np.concatenate(([0], best[:-1])))
    if not kept.any():
        return "", 0.0
    text = "".join(alphabet[letter - 1] for letter in best[kept])
    return text, float(probabilities.max(axis=1)[kept].mean())
