"""Settings of the container, read once from the environment."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from service.errors import StartError

_Number = TypeVar("_Number", int, float)

_MEBIBYTE = 2**20

# Bytes left to the front and the requests in it when the workers share the container's memory.
_FRONT_MEMORY = 256 * _MEBIBYTE


@dataclass(frozen=True)
class Engine:
    """How Paddle runs networks. Defaults are in `from_environment`.

    Attributes:
        device: what the accelerators are to Paddle: `gpu` (NVIDIA, and Hygon DCU with its build
            for ROCm), `xpu` (Kunlun) or `npu` (Ascend) (DEVICE, gpu).
        gpus: number of accelerators; 0 means CPU (GPUS; the NVIDIA GPUs that the container sees).
            Worker n drives number n modulo this one.
        precision: `fp32`, or `fp16` on a GPU: up to twice as fast, and answers change in the last
            digits, so compare the versions' quality first (PRECISION, fp32).
        tensorrt: builds TensorRT engines at start, which takes minutes, for faster runs
            (TENSORRT, 0). GPU only, and only in an image that carries TensorRT.
        gpu_memory_mb: megabytes that each network takes at the start; it grows from there
            (GPU_MEMORY_MB, 500).
        onednn: oneDNN kernels on a CPU (ONEDNN, 1): the detector and the recogniser of PP-OCRv4
            run 4 times as fast (measured); 0 where a network has an operator that they lack.
        threads: CPU threads of one worker (CPU_THREADS, 1): processes scale better than threads,
            which only take each other's cores.
    """

    device: str
    gpus: int
    precision: str
    tensorrt: bool
    gpu_memory_mb: int
    onednn: bool
    threads: int


@dataclass(frozen=True)
class Settings:
    """What one container serves, and its limits. Defaults are in `from_environment`.

    Attributes:
        model: name of the model (MODEL_NAME, required).
        version: version of the model (MODEL_VERSION, required): the `version` label of the
            metrics and the `X-Model-Version` header.
        model_dir: directory with `model.yaml` and the model files (MODEL_DIR, /models).
        port: TCP port of the front (PORT, 8000).
        engine: how Paddle runs.
        workers: Paddle processes (WORKERS; one for each GPU, without one the CPU cores granted to
            the container).
        max_batch: requests that a worker takes together at most (MAX_BATCH; 8 on a GPU, 1 on a
            CPU, where a larger one makes all of them wait for the last and gains little).
        window_s: seconds that a batch waits for more requests under load (BATCH_WINDOW_MS, from 0
            to 5; 2 on a GPU, 0 on a CPU).
        waiting: requests that may wait for a worker (WAITING, 16). Beyond that the answer is 503
            at once: a queue longer than clients are patient only adds work nobody reads.
        deadline_s: seconds a request may wait for a worker, and again seconds a worker may take
            for it before it counts as hung and is replaced (DEADLINE_SECONDS, 10).
        read_s: seconds a client may take to send one request (READ_SECONDS, 10): who sends
            slower holds a thread of the front for nothing.
        worker_memory: bytes of memory above which a worker is replaced between two requests
            (WORKER_MEMORY_MB; the container's limit less 256 MiB, shared by the workers; without
            a limit never). Paddle keeps memory for every shape it has seen.
        access_sample: share of answers below 500 that are logged (ACCESS_LOG_SAMPLE, 0.01).
        max_bytes: largest request and largest answer in bytes (MAX_BYTES, 10 MiB).
        max_pixels: largest image in pixels (MAX_PIXELS, 25 million): a PNG of a few kilobytes can
            unfold to gigabytes.
    """

    model: str
    version: str
    model_dir: Path
    port: int
    engine: Engine
    workers: int
    max_batch: int
    window_s: float
    waiting: int
    deadline_s: float
    read_s: float
    worker_memory: float
    access_sample: float
    max_bytes: int
    max_pixels: int


def from_environment(env: Mapping[str, str]) -> Settings:
    """Settings from environment variables; an empty value means the default.

    Raises:
        StartError: a required variable is missing, or one is not a number in its range.
    """
    device = _choice(env, "DEVICE", ("gpu", "xpu", "npu"))
    gpus = _number(env, "GPUS", visible_gpus(), 0)
    workers = _number(env, "WORKERS", gpus or granted_cores(), 1)
    return Settings(
        model=_text(env, "MODEL_NAME"),
        version=_text(env, "MODEL_VERSION"),
        model_dir=Path(env.get("MODEL_DIR") or "/models"),
        port=_number(env, "PORT", 8000, 1, 65535),
        engine=Engine(
            device=device,
            gpus=gpus,
            precision=_choice(
                env, "PRECISION", ("fp32", "fp16") if gpus and device == "gpu" else ("fp32",)
            ),
            tensorrt=_switch(env, "TENSORRT", default=False),
            gpu_memory_mb=_number(env, "GPU_MEMORY_MB", 500, 1),
            onednn=_switch(env, "ONEDNN", default=True),
            threads=_number(env, "CPU_THREADS", 1, 1),
        ),
        workers=workers,
        max_batch=_number(env, "MAX_BATCH", 8 if gpus else 1, 1),
        window_s=_number(env, "BATCH_WINDOW_MS", 2.0 if gpus else 0.0, 0, 5) / 1000,
        waiting=_number(env, "WAITING", 16, 0),
        deadline_s=_number(env, "DEADLINE_SECONDS", 10.0, 0.1),
        read_s=_number(env, "READ_SECONDS", 10.0, 0.1),
        worker_memory=_worker_memory(env, workers),
        access_sample=_number(env, "ACCESS_LOG_SAMPLE", 0.01, 0, 1),
        max_bytes=_number(env, "MAX_BYTES", 10 * _MEBIBYTE, 1),
        max_pixels=_number(env, "MAX_PIXELS", 25_000_000, 1),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise StartError(f"{name} is not set; the Deployment sets it, by hand: {name}=... ")
    return value


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = env.get(name) or choices[0]
    if value not in choices:
        raise StartError(f"{name} is {value!r}; here it can be: {', '.join(choices)}")
    return value


def _switch(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name) or str(int(default))
    if value not in ("0", "1"):
        raise StartError(f"{name} is {value!r}; write 1 for on or 0 for off")
    return value == "1"


def _number(
    env: Mapping[str, str],
    name: str,
    default: _Number,
    least: float,
    most: float = sys.float_info.max,
) -> _Number:
    text = env.get(name) or str(default)
    try:
        value = type(default)(text)
    except ValueError:
        raise StartError(f"{name} is {text!r}; write a number, such as {default}") from None
    if not least <= value <= most:
        bound = f"least that works is {least}" if value < least else f"most that works is {most}"
        raise StartError(f"{name} is {text}; the {bound}")
    return value


def _worker_memory(env: Mapping[str, str], workers: int) -> float:
    limit = memory_limit()
    share = math.inf if limit is None else (limit - _FRONT_MEMORY) / workers
    if not env.get("WORKER_MEMORY_MB"):
        return max(share, float(_MEBIBYTE))
    return float(_number(env, "WORKER_MEMORY_MB", 0, 1) * _MEBIBYTE)


def visible_gpus(devices: Path = Path("/dev")) -> int:
    """NVIDIA GPUs that this container may use: those whose device file it was given."""
    return sum(device.name[6:].isdecimal() for device in devices.glob("nvidia*"))


def memory_limit(cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """The container's memory limit in bytes (cgroup v2 or v1), None without one."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = (cgroup / name).read_text().strip()
        except OSError:
            continue
        # Version 1 writes "no limit" as the largest number of whole pages.
        return None if text == "max" or int(text) >= 2**62 else int(text)
    return None


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
