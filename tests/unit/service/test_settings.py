"""Settings come from the environment; a wrong one ends the start with a line that says what."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import StartError
from service.settings import from_environment, granted_cores

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
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(StartError, match=message):
        from_environment({**_LEAST, name: value})


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
