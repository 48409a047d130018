"""How lines go through the OCR stages, with networks that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from service.errors import RequestError, StartError
from service.handlers.model import Model
from service.handlers.ocr import Ocr
from service.handlers.stages import batch_sizes, run_calls, run_one
from service.settings import Engine
from service.tensors import BYTES, Tensor, Tensors, datatype, one

_CPU = Engine(
    device="gpu", gpus=0, precision="fp32", tensorrt=False, gpu_memory_mb=1, onednn=True, threads=1
)
_LETTERS = "abcdefgh"
_CLASSES = len(_LETTERS) + 2  # and the blank, which stands for nothing, and the one between words


def _detect(pages: Tensor) -> Tensor:
    """Marks what is dark."""
    return np.asarray(pages.mean(axis=1, keepdims=True) < 0, np.float32)


def _recognise(lines: Tensor) -> Tensor:
    """Reads the letter whose number is the line's width in steps of 32, as sure as it is dark."""
    rows, _, _, width = lines.shape
    steps = np.zeros((rows, width // 8, _CLASSES), np.float32)
    steps[:, :, 0] = 1
    for row in range(rows):
        steps[row, 0] = 0
        steps[row, 0, width // 32 % len(_LETTERS) + 1] = 1 if lines[row].min() < -0.9 else 0.4
    return steps


def _turned(lines: Tensor) -> Tensor:
    return np.tile(np.array([[0, 1]], np.float32), (len(lines), 1))


@dataclass
class _Network:
    max_batch: int
    answer: Callable[[Tensor], Tensor]
    seen: list[tuple[int, ...]] = field(default_factory=list)

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        self.seen.append(inputs[0].shape)
        return (self.answer(inputs[0]),)


class _Model(Model):
    def network(self, folder: str = ".", max_batch: int = 1) -> _Network:  # type: ignore[override]
        answers = {"det": _detect, "cls": _turned, "rec": _recognise}
        return _Network(max_batch, answers[folder])


def _ocr(directory: Path, *stages: str, letters: str = _LETTERS) -> Ocr:
    (directory / "rec").mkdir()
    (directory / "rec" / "keys.txt").write_text("\n".join(letters))
    return Ocr(_Model(directory, _CPU, 0, 10_000_000), list(stages))


def _seen(ocr: Ocr, network: str) -> list[tuple[int, ...]]:
    return cast(_Network, ocr.networks[network]).seen


def _page(*lengths: int, shade: int = 0) -> Tensors:
    """A page with a bar of each length, one below the other."""
    page = np.full((32 * len(lengths) + 32, 640, 3), 255, np.uint8)
    for row, length in enumerate(lengths):
        page[20 + 32 * row : 32 + 32 * row, 20 : 20 + length] = shade
    return {"image": one(cv2.imencode(".png", page)[1].tobytes())}


def _lines(ocr: Ocr, request: Tensors) -> list[dict[str, object]]:
    answer = run_one(ocr, request)
    assert [(spec.name, spec.datatype) for spec in ocr.outputs] == [
        (name, datatype(tensor)) for name, tensor in answer.items()
    ]
    found: list[dict[str, object]] = json.loads(ocr.document(answer))["lines"]
    return found


def _tops(lines: list[dict[str, object]]) -> list[float]:
    return [cast("list[list[float]]", line["box"])[0][1] for line in lines]


def test_lines_of_one_width_share_batches(tmp_path: Path) -> None:
    ocr = _ocr(tmp_path, "det", "rec")
    _seen(ocr, "rec").clear()
    lines = _lines(ocr, _page(60, 20, 60, 60, 20, 60, 60))
    assert len(lines) == 7
    assert _tops(lines) == sorted(_tops(lines))
    sizes = [shape[0] for shape in _seen(ocr, "rec")]
    widths = [shape[3] for shape in _seen(ocr, "rec")]
    assert sorted(sizes) == [1, 2, 4]
    assert len(set(widths)) == 2
    assert lines[0]["text"] != lines[1]["text"]
    assert lines[0]["text"] == lines[2]["text"]


def test_more_lines_than_run_together_keep_their_order(tmp_path: Path) -> None:
    ocr = _ocr(tmp_path, "det", "cls", "rec")
    lengths = [60 if row % 3 else 20 for row in range(70)]
    lines = _lines(ocr, _page(*lengths))
    assert len(lines) == 70
    assert len({line["text"] for line in lines}) == 2
    alike = [line["text"] == lines[1]["text"] for line in lines]
    # All are taken for turned, so the lowest comes first.
    assert alike == [bool(row % 3) for row in range(70)][::-1]
    assert _tops(lines) == sorted(_tops(lines), reverse=True)


def test_a_line_read_without_confidence_is_left_out(tmp_path: Path) -> None:
    ocr = _ocr(tmp_path, "det", "rec")
    assert _lines(ocr, _page(60, shade=100)) == []


def test_an_empty_page_is_an_answer(tmp_path: Path) -> None:
    ocr = _ocr(tmp_path, "det", "cls", "rec")
    answer = run_one(ocr, _page())
    assert ocr.document(answer) == b'{"lines": []}'
    assert {name: tensor.shape for name, tensor in answer.items()} == {
        "text": (0,),
        "score": (0,),
        "box": (0, 4, 2),
    }
    assert datatype(answer["text"]) == BYTES
    assert ocr.quality(answer) == {"empty": 1.0, "length": 0.0}


def test_quality_is_confidence_and_length(tmp_path: Path) -> None:
    ocr = _ocr(tmp_path, "det", "rec")
    quality = ocr.quality(run_one(ocr, _page(60, 60)))
    assert quality == {"confidence": 1.0, "empty": 0.0, "length": 2.0}
    assert set(quality) == set(ocr.signals)


def test_the_warm_up_reaches_every_shape_of_a_line(tmp_path: Path) -> None:
    ocr = _ocr(tmp_path, "det", "cls", "rec")
    calls = list(ocr.warm_up())
    sizes = [call.inputs[0].size for call in calls]
    assert sizes == sorted(sizes, reverse=True)
    run_calls(ocr, calls)
    warmed = {(call.network, call.inputs[0].shape) for call in calls}
    for length in range(10, 600, 30):
        before = len(_seen(ocr, "rec"))
        run_one(ocr, _page(length))
        for shape in _seen(ocr, "rec")[before:]:
            assert ("rec", shape) in warmed or ("wide", shape) in warmed
    for name in ("cls", "rec"):
        rows = {shape[0] for network, shape in warmed if network == name}
        assert rows == set(batch_sizes(ocr.networks[name].max_batch))


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no image"):
        run_one(_ocr(tmp_path, "det", "rec"), {"image": one(b"x")})


def test_letters_of_another_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"keys.txt has 4 letters, the recogniser 9"):
        _ocr(tmp_path, "det", "rec", letters="abc")
