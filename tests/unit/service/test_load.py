"""From model.yaml to a handler: what is wrong in it, or in the developer's code, is one line."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from service.errors import StartError
from service.handlers import Handler
from service.handlers.load import load
from service.handlers.stages import run_one
from service.settings import Settings, from_environment

_GOOD = """
from service.handlers import Call, Handler
from service.tensors import Spec
from words import GREETING


class Half:
    max_batch = 4

    def __call__(self, rows):
        return (rows / 2,)


class Halves(Handler):
    inputs = [Spec("rows", "FP32", (-1, 2))]
    outputs = [Spec("rows", "FP32", (-1, 2))]

    def __init__(self, model, times, spare="none"):
        self.model = model
        self.networks = {"half": Half()}
        self.times = times

    def answer(self, request):
        rows = request["rows"]
        for _ in range(self.times):
            ((rows,),) = yield [Call("half", (rows,))]
        return {"rows": rows}

    def samples(self):
        return ()


class Other:
    pass


class Lacking(Handler):
    def answer(self, request):
        yield []
"""


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "handler.py").write_text(_GOOD)
    (tmp_path / "words.py").write_text("GREETING = 'hello'\n")
    _options(tmp_path, "handler: handler.py:Halves\ntimes: 2")
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    sys.modules.pop("words", None)


def _options(model: Path, text: str) -> None:
    (model / "model.yaml").write_text(text)


def _settings(model: Path) -> Settings:
    names = {"MODEL_NAME": "m", "MODEL_VERSION": "v1", "MODEL_DIR": str(model), "GPUS": "2"}
    return from_environment(names)


def _load(model: Path) -> Handler:
    return load(_settings(model), 1)


def _complaint(model: Path) -> str:
    with pytest.raises(StartError) as unable:
        _load(model)
    text = str(unable.value)
    assert "\n" not in text
    assert "model.yaml" in text
    return text


def test_a_class_in_the_model_directory_gets_the_other_keys(model: Path) -> None:
    handler = _load(model)
    rows = run_one(handler, {"rows": np.full((1, 2), 8, np.float32)})["rows"]
    assert rows.tolist() == [[2, 2]]
    given = handler.model  # type: ignore[attr-defined]
    assert (given.directory, given.gpu, given.on_gpu) == (model, 1, True)
    assert dataclasses.is_dataclass(given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no keys; the least is `handler: ocr`"),
        ("- ocr", "has no keys"),
        ("handler: [", "is not YAML: line 1"),
        ("stages: [det, rec]", "handler is None; write ocr, tensor, or <file.py>:<Class>"),
        ("handler: yolo", "handler is 'yolo'; write ocr, tensor"),
        ("handler: handler.py", "handler is 'handler.py'; write ocr"),
        ("handler: gone.py:Halves", "gone.py is missing"),
        ("handler: handler.py:Wholes", "Wholes is not there in handler.py"),
        ("handler: handler.py:Other", "Other is no service.handlers.Handler in handler.py"),
        ("handler: handler.py:Lacking", "handler handler.py:Lacking lacks the method samples"),
        ("handler: handler.py:Halves", "the key 'times' is missing"),
        (
            "handler: handler.py:Halves\ntimes: 1\ntime: 2",
            "unknown key 'time'; beside `handler`, handler.py:Halves takes: times, spare",
        ),
        ("handler: ocr\nstages: [rec]", "stages is ['rec']; write [det, rec] or [det, cls, rec]"),
        ("handler: ocr\nstages: [det, rec]\nfast: true", "unknown key 'fast'"),
        ("handler: ocr", "the key 'stages' is missing"),
        ("handler: tensor", "the key 'inputs' is missing"),
        ("handler: tensor\ninputs: []\nbatch: -1", "batch is -1; write the rows of one run, or 0"),
    ],
)
def test_a_wrong_model_yaml_is_one_line(model: Path, text: str, message: str) -> None:
    _options(model, text)
    assert message in _complaint(model)


def test_a_model_that_is_not_mounted_is_one_line(tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory); mount the model" in _complaint(tmp_path)


def test_a_file_that_is_not_text_is_one_line(model: Path) -> None:
    (model / "model.yaml").write_bytes(b"handler: \xff\xfe")
    assert "is not YAML" in _complaint(model)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("class Half:", "class Half", "SyntaxError"),
        ("from words import", "from sentences import", "handler.py:4: ModuleNotFoundError"),
        (
            "        self.times = times",
            "        self.times = int('x')",
            "handler.py:21: ValueError",
        ),
        ("self.networks = {", "networks = {", "does not set `networks`"),
        (
            '"FP32", (-1, 2))]\n    outputs',
            '"FLOAT", (-1, 2))]\n    outputs',
            "a datatype is one of",
        ),
        ("(-1, 2))]\n    outputs", "(0, 2))]\n    outputs", "the shape of rows is (0, 2)"),
        ("    max_batch = 4", "    batch = 4", "which has no max_batch"),
        ("class Other", "    signals = {'sure': [2, 1]}\n\n\nclass Other", "bounds [2, 1]"),
    ],
)
def test_a_mistake_in_the_code_is_named_with_its_place(
    model: Path, old: str, new: str, message: str
) -> None:
    text = (model / "handler.py").read_text()
    assert old in text
    (model / "handler.py").write_text(text.replace(old, new))
    assert message in _complaint(model)


def test_what_an_imported_file_raises_is_named_with_that_file(model: Path) -> None:
    (model / "words.py").write_text("\nGREETING = 1 / 0\n")
    assert "words.py:2: ZeroDivisionError: division by zero" in _complaint(model)


def test_handlers_can_be_read_without_paddle() -> None:
    # The front and the tests import these, and neither has paddle.
    modules = "service.handlers, service.tensors, service.handlers.stages, service.handlers.load"
    handlers = "service.handlers.ocr, service.handlers.tensor"
    code = f"import sys, {modules}, {handlers}; sys.exit('paddle' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
