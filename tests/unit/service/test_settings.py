"""Settings come from the environment; a wrong one ends the start with a line that says what."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import StartError
from service.settings import from_environment, granted_cores, memory_limit, visible_gpus

_LEAST = {"MODEL_NAME": "ocr", "MODEL_VERSION": "v1.1"}


def test_name_and_version_are_enough() -> None:
    settings = from_environment(_LEAST)
    assert (settings.model, settings.version, settings.port) == ("ocr", "v1.1", 8000)
    assert settings.model_dir == Path("/models")
    assert settings.workers >= 1


def test_an_empty_value_means_the_default() -> None:
    assert from_environment({**_LEAST, "PORT": "", "WORKERS": ""}) == from_environment(_LEAST)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MODEL_VERSION", "", "MODEL_VERSION is not set"),
        ("WORKERS", "two", "WORKERS is 'two'; write a number"),
        ("WORKERS", "0", "WORKERS is 0; the least that works is 1"),
        ("WORKERS", "1.5", "WORKERS is '1.5'; write a number"),
        ("DEADLINE_SECONDS", "inf", "DEADLINE_SECONDS is inf"),
        ("DEADLINE_SECONDS", "nan", "DEADLINE_SECONDS is nan"),
        ("PORT", "70000", "PORT is 70000; the most that works is 65535"),
        ("BATCH_WINDOW_MS", "6", "BATCH_WINDOW_MS is 6; the most that works is 5"),
        ("ONEDNN", "yes", "ONEDNN is 'yes'; write 1 for on or 0 for off"),
        ("PRECISION", "fp16", "PRECISION is 'fp16'; here it can be: fp32"),
        ("DEVICE", "tpu", "DEVICE is 'tpu'; here it can be: gpu, xpu, npu"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(StartError, match=message):
        from_environment({**_LEAST, name: value})


def test_a_pool_says_how_many_accelerators_of_which_kind_there_are() -> None:
    engine = from_environment({**_LEAST, "DEVICE": "xpu", "GPUS": "2"}).engine
    assert (engine.device, engine.gpus) == ("xpu", 2)


def test_half_precision_is_for_gpus_only() -> None:
    with pytest.raises(StartError, match="PRECISION is 'fp16'"):
        from_environment({**_LEAST, "DEVICE": "npu", "GPUS": "1", "PRECISION": "fp16"})


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 1),
    ],
)
def test_a_cgroup_quota_limits_the_workers(
    tmp_path: Path, files: dict[str, str], cores: int
) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert granted_cores(tmp_path) == cores


@pytest.mark.parametrize("limit", ["max 100000", "6400000 100000"])
def test_without_a_tighter_quota_the_cores_of_the_process_count(tmp_path: Path, limit: str) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    assert granted_cores(tmp_path) == granted_cores(tmp_path / "none")


def test_a_gpu_changes_the_defaults() -> None:
    gpu = from_environment({**_LEAST, "GPUS": "2", "PRECISION": "fp16"})
    assert (gpu.workers, gpu.max_batch, gpu.window_s) == (2, 8, 0.002)
    cpu = from_environment({**_LEAST, "GPUS": "0"})
    assert (cpu.workers, cpu.max_batch, cpu.window_s) == (granted_cores(), 1, 0.0)


def test_gpus_are_counted_by_the_device_files_of_the_container(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia3", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert visible_gpus(tmp_path) == 2


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("memory.max", "max\n", None),
        ("memory.max", "1073741824\n", 2**30),
        ("memory/memory.limit_in_bytes", "1073741824\n", 2**30),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
    ],
)
def test_the_memory_limit_of_either_cgroup_version(
    tmp_path: Path, name: str, text: str, limit: int | None
) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / name).write_text(text)
    assert memory_limit(tmp_path) == limit
    assert memory_limit(tmp_path / "none") is None


def test_workers_share_the_memory_that_the_front_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.settings.memory_limit", lambda: 4 * 2**30 + 256 * 2**20)
    assert from_environment({**_LEAST, "WORKERS": "2"}).worker_memory == 2 * 2**30
    assert from_environment({**_LEAST, "WORKER_MEMORY_MB": "5"}).worker_memory == 5 * 2**20
