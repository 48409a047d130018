"""Settings of the container, read once from the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from service.errors import StartError

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class Settings:
    """What one container serves, and its limits. Defaults are in `from_environment`.

    Attributes:
        model: name of the model (MODEL_NAME, required).
        version: version of the model (MODEL_VERSION, required): the `version` label of the
            metrics and the `X-Model-Version` header.
        model_dir: directory with `model.yaml` and the model files (MODEL_DIR, /models).
        port: TCP port of the front (PORT, 8000).
        workers: Paddle processes (WORKERS; the CPU cores granted to the container). A GPU takes
            one: set WORKERS=1 there.
        waiting: requests that may wait for a worker (WAITING, 16). Beyond that the answer is 503
            at once: a queue longer than clients are patient only adds work nobody reads.
        deadline_s: seconds a request may wait for a worker, and again seconds a worker may take
            for it before it counts as hung and is replaced (DEADLINE_SECONDS, 10).
        max_bytes: largest request image in bytes (MAX_BYTES, 10 MiB).
        max_pixels: largest image in pixels (MAX_PIXELS, 25 million): a PNG of a few kilobytes can
            unfold to gigabytes.
    """

    model: str
    version: str
    model_dir: Path
    port: int
    workers: int
    waiting: int
    deadline_s: float
    max_bytes: int
    max_pixels: int


def from_environment(env: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty value means the default.

    Raises:
        StartError: a required variable is missing, or one is not a number in its range.
    """
    return Settings(
        model=_text(env, "MODEL_NAME"),
        version=_text(env, "MODEL_VERSION"),
        model_dir=Path(env.get("MODEL_DIR") or "/models"),
        port=_number(env, "PORT", 8000, 1),
        workers=_number(env, "WORKERS", granted_cores(), 1),
        waiting=_number(env, "WAITING", 16, 0),
        deadline_s=_number(env, "DEADLINE_SECONDS", 10.0, 0.1),
        max_bytes=_number(env, "MAX_BYTES", 10 * 2**20, 1),
        max_pixels=_number(env, "MAX_PIXELS", 25_000_000, 1),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise StartError(f"{name} is not set; the Deployment sets it, by hand: {name}=... ")
    return value


def _number(env: Mapping[str, str], name: str, default: _Number, least: _Number) -> _Number:
    text = env.get(name) or str(default)
    try:
        value = type(default)(text)
    except ValueError:
        raise StartError(f"{name} is {text!r}; write a number, such as {default}") from None
    if not least <= value < math.inf:
        raise StartError(f"{name} is {text}; the least that works is {least}")
    return value


def granted_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """CPU cores this container may use: its CPU set, cut by its cgroup quota (v1 or v2), >= 1."""
    cores = len(os.sched_getaffinity(0))
    quota = _quota(cgroup)
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota(cgroup: Path) -> float | None:
    try:
        limit, period = (cgroup / "cpu.max").read_text().split()
    except OSError:
        try:
            limit = (cgroup / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    return None if limit in ("max", "-1") else int(limit) / int(period)
