"""Handlers and networks give the same with the CPU wheel and with the GPU wheel on a CPU."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from examples.handlers.digits.glyphs import drawn
from local.python_env import ROOT, environment
from local.receipts import receipt
from tests.service.paddle_runs import Paddle

_SEEDS = range(6)
_WHEELS = {"cpu": ("requirements.txt", 3), "gpu": ("requirements-gpu.txt", 2)}
_FORMS = ("inference.pdmodel", "inference.json")
_EXAMPLE = ROOT / "examples" / "handlers" / "digits"

Found = dict[str, Any]


@dataclass(frozen=True)
class Wheel:
    """A process with paddle, of this major version."""

    paddle: Paddle
    major: int

    def run(self, *jobs: Found) -> list[Found]:
        return self.paddle.run(*jobs)


@pytest.fixture(scope="session")
def wheels() -> Iterator[dict[str, Wheel]]:
    """By name. Each is imported once, at the same time as the other."""
    with ExitStack() as stack:
        yield {
            name: Wheel(stack.enter_context(Paddle(_python(requirements))), major)
            for name, (requirements, major) in _WHEELS.items()
        }


@pytest.fixture(scope="session", params=_WHEELS)
def wheel(request: pytest.FixtureRequest, wheels: dict[str, Wheel]) -> Wheel:
    return wheels[request.param]


def _python(requirements: str) -> Path:
    return environment(ROOT / "service" / requirements) / "bin/python"


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


def _texts(answer: Found) -> list[str]:
    return [line["text"] for line in answer["document"]["lines"]]


def _with_both(wheels: dict[str, Wheel], jobs: list[Found]) -> tuple[list[Found], list[Found]]:
    """What the jobs give with each wheel, side by side."""
    with ThreadPoolExecutor() as threads:
        cpu, gpu = threads.map(lambda name: wheels[name].run(*jobs), ("cpu", "gpu"))
    return cpu, gpu


@pytest.fixture(scope="session")
def read(
    models: dict[str, Path],
    receipts: dict[bool, list[tuple[Path, list[str]]]],
    wheels: dict[str, Wheel],
) -> dict[int, dict[str, Found]]:
    """Major version of paddle -> version of the model -> what it read."""
    pages = [file for turned in (False, True) for file, _ in receipts[turned]]
    jobs = [{"model": models[version], "images": pages} for version in models]
    cpu, gpu = _with_both(wheels, jobs)
    return {3: dict(zip(models, cpu, strict=True)), 2: dict(zip(models, gpu, strict=True))}


def test_ocr_reads_pages_side_by_side(
    wheel: Wheel,
    read: dict[int, dict[str, Found]],
    receipts: dict[bool, list[tuple[Path, list[str]]]],
) -> None:
    upright = [lines for _, lines in receipts[False]]
    turned = [lines for _, lines in receipts[True]]
    v1_1, v1_2 = (read[wheel.major][version]["answers"] for version in ("v1.1", "v1.2"))
    assert [_texts(answer) for answer in v1_1[: len(upright)]] == upright
    assert [_texts(answer) for answer in v1_2] == upright + turned
    for answer in v1_2:
        assert 0.9 < answer["quality"]["confidence"] <= 1
        assert answer["quality"]["empty"] == 0
        assert answer["quality"]["length"] == sum(map(len, _texts(answer)))


def test_ocr_is_warm_soon_and_in_bounded_memory(
    wheel: Wheel, read: dict[int, dict[str, Found]]
) -> None:
    # Both versions one after the other in one process; measured: 3 s of CPU each, 970 MB.
    found = read[wheel.major]
    assert max(job["warm_s"] for job in found.values()) < 10
    assert max(job["memory_mb"] for job in found.values()) < 1500


def test_the_same_lines_with_both_wheels(read: dict[int, dict[str, Found]]) -> None:
    cpu, gpu = (read[major]["v1.2"]["answers"] for major in (3, 2))
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
    models: dict[str, Path],
    wheels: dict[str, Wheel],
    tmp_path: Path,
    network: str,
    shape: tuple[int, ...],
) -> None:
    height = 48 if network == "rec" else -1
    options = (
        f"handler: tensor\ninputs: [{{name: x, datatype: FP32, shape: [-1, 3, {height}, -1]}}]\n"
        f"warm_up: [{{x: {list(shape)}}}]\n"
    )
    model = _as_tensor(models["v1.2"] / network, options, tmp_path / "model")
    tensor = np.random.default_rng(3).random(shape).round(3).tolist()
    found = _with_both(wheels, [{"model": model, "tensors": [{"x": tensor}]}])
    cpu, gpu = (job["answers"][0]["document"].values() for (job,) in found)
    for one, other in zip(cpu, gpu, strict=True):
        assert np.abs(np.subtract(one, other)).max() < 1e-4


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The example's model directory by the form of its network; both are trained side by side."""

    def train(form: str) -> Path:
        folder = tmp_path_factory.mktemp("digits")
        api = str(int(form == "inference.json"))
        subprocess.run(
            [_python("requirements.txt"), "-m", "examples.handlers.digits.train", folder],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "FLAGS_enable_pir_api": api},
            check=True,
            capture_output=True,
        )
        for name in ("model.yaml", "handler.py"):
            shutil.copy(_EXAMPLE / name, folder)
        assert (folder / form).is_file()
        return folder

    with ThreadPoolExecutor() as threads:
        return dict(zip(_FORMS, threads.map(train, _FORMS), strict=True))


@pytest.fixture(scope="session", params=_FORMS)
def digits(request: pytest.FixtureRequest, trained: dict[str, Path]) -> tuple[Path, str]:
    """The example's model directory with the network in one of the two forms, and the form."""
    return trained[request.param], request.param


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
    (found,) = wheel.run({"model": folder, "images": pictures})
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
    (found,) = wheel.run({"model": folder, "images": [pictures[3], broken, pictures[4]]})
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
    (found,) = wheel.run({"model": model, "tensors": requests})
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
    digits: tuple[Path, str],
    wheels: dict[str, Wheel],
    tmp_path: Path,
    options: str,
    message: str,
) -> None:
    model = _as_tensor(digits[0], f"handler: tensor\n{options}\n", tmp_path / "model")
    (found,) = wheels["cpu"].run({"model": model})
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
    found = wheel.run(*jobs, {"model": foreign})
    messages = [message for _, message in _DAMAGES.values()] + ["belongs to another inference."]
    for job, message in zip(found, messages, strict=True):
        assert message in job["unable"]
        assert "\n" not in job["unable"]


def _ocr(name: str, data: bytes | None) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        if data is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(data)

    return damage


_OCR_DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_ocr("rec/inference.pdiparams", None), "pdiparams is missing"),
    "no program": (_ocr("det/inference.pdmodel", b"x" * 99), "is no program of Paddle"),
    "other letters": (_ocr("rec/keys.txt", b"a\nb\n"), "keys.txt has 3 letters"),
    "no letters": (_ocr("rec/keys.txt", b"\xff"), "keys.txt cannot be read as UTF-8"),
    "stages": (_ocr("model.yaml", b"handler: ocr\nstages: [rec]"), "stages is ['rec']; write"),
}


@pytest.mark.parametrize("damage", _OCR_DAMAGES)
def test_ocr_says_in_one_line_what_its_files_lack(
    wheel: Wheel, models: dict[str, Path], tmp_path: Path, damage: str
) -> None:
    spoil, message = _OCR_DAMAGES[damage]
    model = tmp_path / "model"
    shutil.copytree(models["v1.1"], model)
    spoil(model)
    (found,) = wheel.run({"model": model})
    assert message in found["unable"]
    assert "\n" not in found["unable"]


def test_a_gpu_that_is_not_there_ends_the_start_with_one_line(
    wheels: dict[str, Wheel], models: dict[str, Path]
) -> None:
    (found,) = wheels["cpu"].run({"model": models["v1.1"], "env": {"GPUS": "1"}})
    assert "GPU 0 is wanted (GPUS is 1), paddle 3" in found["unable"]
    assert "sees 0; it needs paddlepaddle-gpu and a driver, or GPUS=0" in found["unable"]


@pytest.mark.parametrize("device", ["xpu", "npu"])
def test_a_device_that_paddle_is_built_without_ends_the_start_with_one_line(
    wheel: Wheel, models: dict[str, Path], device: str
) -> None:
    wanted = {"DEVICE": device, "GPUS": "1"}
    (found,) = wheel.run({"model": models["v1.1"], "env": wanted})
    assert f"DEVICE is {device}, and paddle " in found["unable"]
    assert "in this image is built without it; take an image with Paddle for" in found["unable"]
