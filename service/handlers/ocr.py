"""PP-OCRv4: detector, direction classifier (if the model has it), recogniser."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from service.errors import StartError
from service.handlers import Call, Handler, Network, Steps, text
from service.handlers.images import Pixels, decode
from service.handlers.model import Model
from service.handlers.stages import batch_sizes
from service.tensors import ANY, BYTES, Spec, Tensor, Tensors, one

_STAGES = (["det", "rec"], ["det", "cls", "rec"])
_CLASSIFIER_WIDTH = 192
_TURNED = 0.9  # confidence above which the classifier's "turned by 180 degrees" is believed
_SCORE = 0.5  # lines read with less confidence are left out

# Widths the recogniser sees, each prepared at start. Lines are padded to the next of them; a longer
# line than the last is squeezed.
_WIDTHS = (96, 128, 160, 192, 224, 256, 320, 384, 480, 640, 960, 1280)

# Lines up to this width gain from a batch: on one CPU thread a row takes two thirds of the time at
# 96 pixels, five sixths at 320, and as long as alone from 384.
_NARROW = 320

# Lines that are in the networks at once. An answer of the recogniser for the longest takes 4 MB.
_TOGETHER = 32

# Height and width; the largest first, see `warm_up`.
_WARM_PAGES = ((960, 960), (640, 640), (160, 256))


_T = TypeVar("_T")
# Part of an answer that needs networks: gives a list with something for each line.
_Per = Generator[Sequence[Call], list[tuple[Tensor, ...]], list[_T]]


@dataclass(frozen=True)
class _Batches:
    """Rows that one run takes at most.

    Attributes:
        det: pages of one size. On a CPU two take as long as one after the other (measured), and
            memory for both.
        cls, rec: lines. On a CPU a row costs the least at about these sizes (measured).
        wide: lines wider than `_NARROW`.
    """

    det: int
    cls: int
    rec: int
    wide: int


_ON_CPU = _Batches(det=1, cls=8, rec=4, wide=1)
# A GPU runs a batch of so few rows in little more time than one row. Not measured.
_ON_GPU = _Batches(det=4, cls=8, rec=8, wide=8)


@dataclass
class _Limited:
    """A network in smaller batches than its own."""

    network: Network
    max_batch: int

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return self.network(*inputs)


class Ocr(Handler):
    """Text lines of a page, in reading order.

    A box is four (x, y) in pixels of the page as it was sent, clockwise from its top left. Scores
    go from 0 to 1.

    Args:
        model: has `det/`, `rec/` with `keys.txt` (one letter a line), and `cls/` if listed.
        stages: [det, rec] or [det, cls, rec].

    Raises:
        StartError: the stages are others, or a file is missing or damaged.
    """

    inputs = (Spec("image", BYTES, (1,)),)
    outputs = (
        Spec("text", BYTES, (ANY,)),
        Spec("score", "FP32", (ANY,)),
        Spec("box", "FP32", (ANY, 4, 2)),
    )
    # Good pages lie above 0.9, so that is where the buckets are fine.
    signals: Mapping[str, Sequence[float]] = {
        "confidence": (0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995),
        "empty": (0.5,),
        "length": (0, 5, 10, 15, 20, 30, 40, 60, 80, 120, 200, 400, 800, 1600, 3200),
    }

    def __init__(self, model: Model, stages: list[str]) -> None:
        if stages not in _STAGES:
            raise StartError(
                f"{model.directory / 'model.yaml'}: stages is {stages!r}; "
                "write [det, rec] or [det, cls, rec]"
            )
        batches = _ON_GPU if model.on_gpu else _ON_CPU
        rec = model.network("rec", batches.rec)
        self.networks: dict[str, Network] = {
            "det": model.network("det", batches.det),
            "rec": rec,
            "wide": _Limited(rec, batches.wide),
        }
        if "cls" in stages:
            self.networks["cls"] = model.network("cls", batches.cls)
        self._max_pixels = model.max_pixels
        self._alphabet = _alphabet(model.directory / "rec" / "keys.txt")
        (steps,) = rec(np.zeros((1, 3, text.LINE_HEIGHT, _WIDTHS[0]), np.float32))
        letters = steps.shape[2] - 1
        if letters != len(self._alphabet):
            raise StartError(
                f"rec/keys.txt has {len(self._alphabet)} letters, the recogniser {letters}; "
                "take both from one model"
            )

    def answer(self, request: Tensors) -> Steps:
        page = decode(request["image"][0], self._max_pixels)
        height, width = page.shape[:2]
        ((heat,),) = yield [Call("det", (text.page_tensor(page),))]
        boxes = text.boxes(heat[0, 0], height, width)
        lines = [text.crop(page, box) for box in boxes]
        turned = yield from self._turned(lines)
        upright = [
            _rotated(line) if over else line for line, over in zip(lines, turned, strict=True)
        ]
        read = yield from self._read(upright)
        kept = [
            (words, score, box.round())
            for (words, score), box in zip(read, boxes, strict=True)
            if words and score >= _SCORE
        ]
        if sum(turned) > len(kept) / 2:
            kept.reverse()  # the whole page is upside down, so its first line is the lowest
        return {
            "text": np.array([words.encode() for words, _, _ in kept], object),
            "score": np.array([score for _, score, _ in kept], np.float32),
            "box": np.array([box for _, _, box in kept], np.float32).reshape(-1, 4, 2),
        }

    def _turned(self, lines: Sequence[Pixels]) -> _Per[bool]:
        """For each line whether it is upside down."""
        if "cls" not in self.networks:
            return [False] * len(lines)
        turned: list[bool] = []
        for start in range(0, len(lines), _TOGETHER):
            outputs = yield [
                Call("cls", (text.line_tensor(line, _CLASSIFIER_WIDTH),))
                for line in lines[start : start + _TOGETHER]
            ]
            turned += [bool(scores[0, 1] > _TURNED) for (scores,) in outputs]
        return turned

    def _read(self, lines: Sequence[Pixels]) -> _Per[tuple[str, float]]:
        """For each line its text and score."""
        widths = [_width(line) for line in lines]
        read: dict[int, tuple[str, float]] = {}
        # Lines of one width are neighbours then, and share a batch.
        by_width = sorted(range(len(lines)), key=widths.__getitem__)
        for start in range(0, len(lines), _TOGETHER):
            places = by_width[start : start + _TOGETHER]
            outputs = yield [
                _recognise(text.line_tensor(lines[place], widths[place])) for place in places
            ]
            for place, (steps,) in zip(places, outputs, strict=True):
                read[place] = text.decode_text(steps[0], self._alphabet)
        return [read[place] for place in range(len(lines))]

    def samples(self) -> Iterator[Tensors]:
        for height, width in _WARM_PAGES:
            page = np.full((height, width, 3), 255, np.uint8)
            cv2.putText(page, "12:30", (20, 100), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (0, 0, 0), 4)
            yield {"image": one(cv2.imencode(".png", page)[1].tobytes())}

    def warm_up(self) -> Iterable[Call]:
        """Every shape of every network but the detector, which sees pages of any size.

        The largest come first: Paddle keeps the memory of each, and the smaller ones then fit into
        it (measured for the recogniser: 570 MB instead of 1,200 MB in the other order).
        """
        calls = [
            _recognise(np.zeros((rows, 3, text.LINE_HEIGHT, width), np.float32))
            for width in _WIDTHS
            for rows in batch_sizes(self.networks[_network(width)].max_batch)
        ]
        if "cls" in self.networks:
            calls += [
                Call("cls", (np.zeros((rows, 3, text.LINE_HEIGHT, _CLASSIFIER_WIDTH), np.float32),))
                for rows in batch_sizes(self.networks["cls"].max_batch)
            ]
        return sorted(calls, key=lambda call: -call.inputs[0].size)

    def document(self, answer: Tensors) -> bytes:
        lines = [
            {"text": words.decode(), "score": round(float(score), 4), "box": box.tolist()}
            for words, score, box in zip(
                answer["text"], answer["score"], answer["box"], strict=True
            )
        ]
        return json.dumps({"lines": lines}, ensure_ascii=False).encode()

    def quality(self, answer: Tensors) -> Mapping[str, float]:
        scores = answer["score"]
        if not scores.size:
            return {"empty": 1.0, "length": 0.0}
        return {
            "confidence": float(scores.mean()),
            "empty": 0.0,
            "length": float(sum(len(words.decode()) for words in answer["text"])),
        }


def _rotated(line: Pixels) -> Pixels:
    return np.asarray(cv2.rotate(line, cv2.ROTATE_180), np.uint8)


def _width(line: Pixels) -> int:
    height, length = line.shape[:2]
    wanted = math.ceil(text.LINE_HEIGHT * length / height)
    return next((width for width in _WIDTHS if width >= wanted), _WIDTHS[-1])


def _network(width: int) -> str:
    return "rec" if width <= _NARROW else "wide"


def _recognise(lines: Tensor) -> Call:
    return Call(_network(lines.shape[3]), (lines,))


def _alphabet(path: Path) -> list[str]:
    try:
        letters = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        raise StartError(f"{path} cannot be read as UTF-8 text; the recogniser needs it") from None
    # The network has one more class than the file has lines: the blank between words comes last.
    return [letter for letter in letters if letter] + [" "]
