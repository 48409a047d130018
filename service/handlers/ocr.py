"""PP-OCRv4: detector, direction classifier (if the model has it), recogniser."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from service.errors import StartError
from service.handlers import text
from service.handlers.images import Pixels, decode
from service.predictor import Predictor

_STAGES = (["det", "rec"], ["det", "cls", "rec"])
_CLASSIFIER_WIDTH = 192
_TURNED = 0.9  # confidence above which the classifier's "turned by 180 degrees" is believed
_SCORE = 0.5  # lines read with less confidence are left out

# Widths the recogniser sees. Each new one costs about 0.1 s once, and memory for good, so lines are
# padded to the next of a few; a longer line than the last is squeezed.
_WIDTHS = (96, 128, 160, 192, 224, 256, 320, 384, 480, 640, 960, 1280)
_WARM_PAGES = ((160, 256), (640, 640))  # height, width
_WARM_WIDTHS = _WIDTHS[:8]  # wider lines are rare and pay on their first use


class Ocr:
    """Text lines of a page.

    Args:
        model_dir: has `det/`, `rec/` with `keys.txt` (one letter a line), and `cls/` if listed.
        stages: from `model.yaml`: [det, rec] or [det, cls, rec].

    Raises:
        StartError: the stages are others, or a file is missing or damaged.
    """

    def __init__(self, model_dir: Path, stages: object, max_pixels: int) -> None:
        if stages not in _STAGES:
            raise StartError(
                f"{model_dir / 'model.yaml'}: stages is {stages!r}; "
                "write [det, rec] or [det, cls, rec]"
            )
        self._max_pixels = max_pixels
        self._detect = Predictor(model_dir / "det")
        self._classify = Predictor(model_dir / "cls") if stages == _STAGES[1] else None
        self._recognise = Predictor(model_dir / "rec")
        self._alphabet = _alphabet(model_dir / "rec" / "keys.txt")

    def warm_up(self) -> None:
        for height, width in _WARM_PAGES:
            self._detect(text.page_tensor(np.full((height, width, 3), 255, np.uint8)))
        line = np.full((text.LINE_HEIGHT, 96, 3), 255, np.uint8)
        self._upright(line)
        for width in _WARM_WIDTHS:
            letters = self._recognise(text.line_tensor(line, width)).shape[2] - 1
        if letters != len(self._alphabet):
            raise StartError(
                f"rec/keys.txt has {len(self._alphabet)} letters, the recogniser {letters}; "
                "take both from one model"
            )

    def answer(self, image: bytes) -> dict[str, Any]:
        """`lines` in reading order, each with `text`, `score` (0 to 1) and `box`.

        A box is four (x, y) in pixels of the page as it was sent, clockwise from its top left.
        """
        page = decode(image, self._max_pixels)
        height, width = page.shape[:2]
        heat = self._detect(text.page_tensor(page))[0, 0]
        lines = []
        turned = 0
        for box in text.boxes(heat, height, width):
            line, was_turned = self._upright(text.crop(page, box))
            turned += was_turned
            words, score = self._read(line)
            if words and score >= _SCORE:
                lines.append({"text": words, "score": round(score, 4), "box": box.round().tolist()})
        if turned > len(lines) / 2:
            lines.reverse()  # the whole page is upside down, so its first line is the lowest
        return {"lines": lines}

    def _upright(self, line: Pixels) -> tuple[Pixels, bool]:
        if self._classify is None:
            return line, False
        turned = self._classify(text.line_tensor(line, _CLASSIFIER_WIDTH))[0, 1]
        if turned <= _TURNED:
            return line, False
        return np.asarray(cv2.rotate(line, cv2.ROTATE_180), np.uint8), True

    def _read(self, line: Pixels) -> tuple[str, float]:
        height, length = line.shape[:2]
        wanted = math.ceil(text.LINE_HEIGHT * length / height)
        width = next((width for width in _WIDTHS if width >= wanted), _WIDTHS[-1])
        return text.decode_text(self._recognise(text.line_tensor(line, width))[0], self._alphabet)


def _alphabet(path: Path) -> list[str]:
    try:
        letters = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        raise StartError(f"{path} cannot be read as UTF-8 text; the recogniser needs it") from None
    # The network has one more class than the file has lines: the blank between words comes last.
    return [letter for letter in letters if letter] + [" "]
