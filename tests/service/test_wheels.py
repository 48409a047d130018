"""Handlers and networks give the same with the CPU wheel and with the GPU wheel on a CPU."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from examples.handlers.digits.glyphs import drawn
from local.python_env import ROOT, environment
from local.receipts import receipt
from tests.service.paddle_runs import run

_SEEDS = range(6)
_WHEELS = [("requirements.txt", 3), ("requirements-gpu.txt", 2)]
_EXAMPLE = ROOT / "examples" / "handlers" / "digits"


@dataclass(frozen=True)
class Wheel:
    """An environment with paddle."""

    python: Path
    major: int


@pytest.fixture(scope="session", params=_WHEELS, ids=["cpu", "gpu"])
def wheel(request: pytest.FixtureRequest) -> Wheel:
    name, major = request.param
    return Wheel(environment(ROOT / "service" / name) / "bin/python", major)


@pytest.fixture(scope="session")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, list[tuple[Path, list[str]]]]:
    """Turned or not -> pages with what they say."""
    folder = tmp_path_factory.mktemp("receipts")
    pages: dict[bool, list[tuple[Path, list[str]]]] = {False: [], True: []}
    for turned, found in pages.items():
        for seed in _SEEDS:
            image, lines = receipt(seed, turned=turned)
            file = folder / f"{seed}-{turned}.png"
            file.write_bytes(image)
            found.append((file, lines))
    return pages


def _texts(answer: dict[str, Any]) -> list[str]:
    return [line["text"] for line in answer["document"]["lines"]]


@pytest.fixture(scope="session")
def read(
    models: dict[str, Path], receipts: dict[bool, list[tuple[Path, list[str]]]]
) -> Callable[[Path], dict[str, Any]]:
    """Interpreter -> what both versions read, as one job for each version."""
    done: dict[Path, dict[str, Any]] = {}

    def pages_read(python: Path) -> dict[str, Any]:
        if python not in done:
            pages = [file for turned in (False, True) for file, _ in receipts[turned]]
            jobs = [{"model": models[version], "images": pages} for version in models]
            done[python] = dict(zip(models, run(python, *jobs), strict=True))
        return done[python]

    return pages_read


def test_ocr_reads_pages_side_by_side(
    wheel: Wheel,
    read: Callable[[Path], dict[str, Any]],
    receipts: dict[bool, list[tuple[Path, list[str]]]],
) -> None:
    upright = [lines for _, lines in receipts[False]]
    turned = [lines for _, lines in receipts[True]]
    v1_1, v1_2 = (read(wheel.python)[version]["answers"] for version in ("v1.1", "v1.2"))
    assert [_texts(answer) for answer in v1_1[: len(upright)]] == upright
    assert [_texts(answer) for answer in v1_2] == upright + turned
    for answer in v1_2:
        assert 0.9 < answer["quality"]["confidence"] <= 1
        assert answer["quality"]["empty"] == 0
        assert answer["quality"]["length"] == sum(map(len, _texts(answer)))


def test_ocr_is_warm_soon_and_in_bounded_memory(
    wheel: Wheel, read: Callable[[Path], dict[str, Any]]
) -> None:
    # Both versions one after the other in one process; measured: 3 s of CPU each, 970 MB.
    found = read(wheel.python)
    assert max(job["warm_s"] for job in found.values()) < 10
    assert max(job["memory_mb"] for job in found.values()) < 1500


def _both(run_in: Callable[[Path], Any]) -> tuple[Any, Any]:
    cpu, gpu = (environment(ROOT / "service" / name) / "bin/python" for name, _ in _WHEELS)
    return run_in(cpu), run_in(gpu)


def test_the_same_lines_with_both_wheels(read: Callable[[Path], dict[str, Any]]) -> None:
    cpu, gpu = _both(lambda python: read(python)["v1.2"]["answers"])
    for one, other in zip(cpu, gpu, strict=True):
        assert _texts(one) == _texts(other)
        for line, same in zip(one["document"]["lines"], other["document"]["lines"], strict=True):
            assert np.abs(np.subtract(line["box"], same["box"])).max() <= 1
            # The two lists have other versions of OpenCV, whose `warpPerspective` gives up to five
            # levels of grey more or less; with one version of it scores agree to five digits.
            assert line["score"] == pytest.approx(same["score"], abs=0.1)


@pytest.mark.parametrize(
    ("network", "shape"),
    [("det", (1, 3, 96, 128)), ("cls", (2, 3, 48, 192)), ("rec", (2, 3, 48, 96))],
)
def test_the_same_numbers_with_both_wheels(
    models: dict[str, Path], tmp_path: Path, network: str, shape: tuple[int, ...]
) -> None:
    height = 48 if network == "rec" else -1
    options = (
        f"handler: tensor\ninputs: [{{name: x, datatype: FP32, shape: [-1, 3, {height}, -1]}}]\n"
        f"warm_up: [{{x: {list(shape)}}}]\n"
    )
    model = _as_tensor(models["v1.2"] / network, options, tmp_path / "model")
    tensor = np.random.default_rng(3).random(shape).round(3).tolist()
    job = {"model": model, "tensors": [{"x": tensor}]}
    cpu, gpu = _both(lambda python: run(python, job)[0]["answers"][0]["document"])
    for one, other in zip(cpu.values(), gpu.values(), strict=True):
        assert np.abs(np.subtract(one, other)).max() < 1e-4


@pytest.fixture(scope="session", params=["inference.pdmodel", "inference.json"])
def digits(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The example's model directory with the network in one of the two forms, and the form."""
    folder = tmp_path_factory.mktemp("digits")
    python = environment(ROOT / "service" / "requirements.txt") / "bin/python"
    subprocess.run(
        [python, "-m", "examples.handlers.digits.train", folder],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "FLAGS_enable_pir_api": str(int(request.param == "inference.json")),
        },
        check=True,
        capture_output=True,
    )
    for name in ("model.yaml", "handler.py"):
        shutil.copy(_EXAMPLE / name, folder)
    assert (folder / request.param).is_file()
    return folder, request.param


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A picture of each digit, five times as large as the network sees it."""
    folder = tmp_path_factory.mktemp("pictures")
    files = []
    for digit in range(10):
        pixels = np.kron(255 - 255 * drawn(digit), np.ones((5, 5))).astype(np.uint8)
        files.append(folder / f"{digit}.png")
        Image.fromarray(pixels).save(files[-1])
    return files


def test_the_example_reads_digits(
    wheel: Wheel, digits: tuple[Path, str], pictures: list[Path]
) -> None:
    folder, form = digits
    (found,) = run(wheel.python, {"model": folder, "images": pictures})
    if form == "inference.json" and wheel.major < 3:
        assert "is a program of Paddle 3, this is paddle 2" in found["unable"]
        assert "FLAGS_enable_pir_api=0" in found["unable"]
        return
    answers = [answer["document"] for answer in found["answers"]]
    assert [answer["digit"] for answer in answers] == [[digit] for digit in range(10)]
    assert all(answer["quality"]["guess"] == 0 for answer in found["answers"])


def test_a_picture_that_is_none_does_not_spoil_its_batch(
    wheel: Wheel, digits: tuple[Path, str], pictures: list[Path], tmp_path: Path
) -> None:
    folder, form = digits
    if form == "inference.json" and wheel.major < 3:
        pytest.skip("Paddle 2 does not read it")
    broken = tmp_path / "broken.png"
    broken.write_bytes(pictures[0].read_bytes()[:80])
    (found,) = run(wheel.python, {"model": folder, "images": [pictures[3], broken, pictures[4]]})
    good, bad, also_good = found["answers"]
    assert "cut off" in bad["error"]
    assert [good["document"]["digit"], also_good["document"]["digit"]] == [[3], [4]]


_OPTIONS = """
handler: tensor
inputs: [{name: ink, datatype: FP32, shape: [-1, 1, 16, 16]}]
"""


def _as_tensor(folder: Path, options: str, to: Path) -> Path:
    shutil.copytree(folder, to)
    (to / "model.yaml").write_text(options)
    return to


def test_tensor_serves_the_network_of_the_example(
    wheel: Wheel, digits: tuple[Path, str], tmp_path: Path
) -> None:
    folder, form = digits
    if form == "inference.json" and wheel.major < 3:
        pytest.skip("Paddle 2 does not read it")
    model = _as_tensor(folder, _OPTIONS, tmp_path / "model")
    requests = [{"ink": [[drawn(digit).tolist()] for digit in rows]} for rows in ((1,), (2, 3, 4))]
    (found,) = run(wheel.python, {"model": model, "tensors": requests})
    assert found["inputs"] == [["ink", "FP32", [-1, 1, 16, 16]]]
    ((output, datatype, shape),) = found["outputs"]
    assert (datatype, shape) == ("FP32", [-1, 10])
    rows = [np.argmax(answer["document"][output], 1).tolist() for answer in found["answers"]]
    assert rows == [[1], [2, 3, 4]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("inputs: [{name: x, datatype: FP32, shape: [-1, 1, 16, 16]}]", "of the network are ink"),
        (
            "inputs: [{name: ink, datatype: INT32, shape: [-1, 1, 16, 16]}]",
            "ink is INT32 [-1, 1, 16, 16]; the network has FP32 [-1, 1, 16, 16]",
        ),
        (
            "inputs: [{name: ink, datatype: FP32, shape: [-1, 3, 16, 16]}]",
            "the network has FP32 [-1, 1, 16, 16]",
        ),
    ],
    ids=["name", "type", "shape"],
)
def test_tensor_declares_what_the_network_has(
    digits: tuple[Path, str], python: Path, tmp_path: Path, options: str, message: str
) -> None:
    model = _as_tensor(digits[0], f"handler: tensor\n{options}\n", tmp_path / "model")
    (found,) = run(python, {"model": model})
    assert message in found["unable"]


def _cut(name: str, share: float) -> Callable[[Path, str], None]:
    def damage(folder: Path, form: str) -> None:
        file = folder / (name or form)
        os.truncate(file, int(file.stat().st_size * share))

    return damage


def _written(name: str, data: bytes) -> Callable[[Path, str], None]:
    def damage(folder: Path, form: str) -> None:
        (folder / (name or form)).write_bytes(data)

    return damage


_PARAMETERS = "inference.pdiparams"
_DAMAGES: dict[str, tuple[Callable[[Path, str], None], str]] = {
    "no program": (lambda folder, form: (folder / form).unlink(), "is missing"),
    "empty program": (_written("", b""), "is empty"),
    "program cut off": (_cut("", 0.6), "is no program of Paddle, or cut off"),
    "program is text": (_written("", b"<html>" * 20), "is no program of Paddle, or cut off"),
    "program is {}": (_written("", b"{}"), "is no program of Paddle, or cut off"),
    "no parameters": (lambda folder, _: (folder / _PARAMETERS).unlink(), "is missing"),
    "empty parameters": (_written(_PARAMETERS, b""), "is empty"),
    # Paddle 3.3.1 takes this one, and answers with what happens to be in memory.
    "parameters cut off": (_cut(_PARAMETERS, 0.9), "is cut off"),
    "parameters are text": (_written(_PARAMETERS, b"version https://git" * 9), "no Paddle param"),
}


def test_damaged_files_end_the_start_with_one_line(
    wheel: Wheel, digits: tuple[Path, str], models: dict[str, Path], tmp_path: Path
) -> None:
    folder, form = digits
    if form == "inference.json" and wheel.major < 3:
        pytest.skip("Paddle 2 does not read it")
    jobs = []
    for name, (damage, _) in _DAMAGES.items():
        model = _as_tensor(folder, _OPTIONS, tmp_path / name)
        damage(model, form)
        jobs.append({"model": model})
    foreign = _as_tensor(folder, _OPTIONS, tmp_path / "foreign")
    shutil.copy(models["v1.2"] / "cls" / _PARAMETERS, foreign)
    found = run(wheel.python, *jobs, {"model": foreign})
    messages = [message for _, message in _DAMAGES.values()] + ["belongs to another inference."]
    for job, message in zip(found, messages, strict=True):
        assert message in job["unable"]
        assert "\n" not in job["unable"]


def test_a_gpu_that_is_not_there_ends_the_start_with_one_line(
    python: Path, models: dict[str, Path]
) -> None:
    (found,) = run(python, {"model": models["v1.1"], "env": {"GPUS": "1"}})
    assert "GPU 0 is wanted (GPUS is 1), paddle 3" in found["unable"]
    assert "sees 0; it needs paddlepaddle-gpu and a driver, or GPUS=0" in found["unable"]
