"""From the settings of the engine to those of Paddle."""

from __future__ import annotations

import tempfile
from pathlib import Path

import paddle
from paddle import device, inference

from service.errors import StartError
from service.settings import Engine

# Bytes that TensorRT may take while it compares kernels; its documentation's usual 1 GiB.
_TENSORRT_WORKSPACE = 2**30

# Operators in a row that are worth an engine of TensorRT; fewer cost more in copies (Paddle's own
# default).
_TENSORRT_LEAST = 3


def config(path: Path, stored: Path, engine: Engine, max_batch: int, gpu: int) -> inference.Config:
    """Paddle's settings for one network.

    Raises:
        StartError: the engine asks for a device or library that is not there.
    """
    found = inference.Config(str(path), str(stored))
    found.disable_glog_info()
    if path.suffix == ".json":  # without the two, `enable_memory_optim` makes the loading fail
        found.enable_new_ir(True)
        found.enable_new_executor(True)
    found.enable_memory_optim()
    if not engine.gpus:
        found.disable_gpu()
        found.set_cpu_math_library_num_threads(engine.threads)
        if engine.onednn:
            found.enable_mkldnn()
        else:  # it is on unless told otherwise
            found.disable_mkldnn()
        return found
    if engine.device != "gpu":
        _other_device(found, engine.device, gpu)
        return found
    there = device.cuda.device_count()
    if gpu >= there:
        raise StartError(
            f"GPU {gpu} is wanted (GPUS is {engine.gpus}), paddle {paddle.__version__} sees "
            f"{there}; it needs paddlepaddle-gpu and a driver, or GPUS=0"
        )
    precision = (
        inference.PrecisionType.Half
        if engine.precision == "fp16"
        else inference.PrecisionType.Float32
    )
    found.enable_use_gpu(engine.gpu_memory_mb, gpu, precision)
    if engine.tensorrt:
        if not _has_tensorrt():
            raise StartError(
                "TENSORRT is 1, and this image has no TensorRT that paddle "
                f"{paddle.__version__} can use; write 0, or take an image with it"
            )
        found.enable_tensorrt_engine(
            workspace_size=_TENSORRT_WORKSPACE,
            max_batch_size=max(1, max_batch),
            min_subgraph_size=_TENSORRT_LEAST,
            precision_mode=precision,
            use_static=False,
            use_calib_mode=False,
        )
        # Engines are built for the shapes of the warm-up, and again for one outside of them.
        found.enable_tuned_tensorrt_dynamic_shape()
        found.set_optim_cache_dir(tempfile.mkdtemp(prefix="tensorrt-"))  # models are read-only
    return found


def _other_device(found: inference.Config, kind: str, number: int) -> None:
    built = (
        paddle.is_compiled_with_xpu()
        if kind == "xpu"
        else device.is_compiled_with_custom_device(kind)
    )
    if not built:
        raise StartError(
            f"DEVICE is {kind}, and paddle {paddle.__version__} in this image is built without it; "
            f"take an image with Paddle for {kind}, or a pool with another accelerator"
        )
    if kind == "xpu":
        found.enable_xpu()
        found.set_xpu_device_id(number)
    else:
        found.enable_custom_device(kind, number)


def _has_tensorrt() -> bool:
    try:
        return any(inference.get_trt_runtime_version())
    except Exception:  # paddlepaddle-gpu 2.6.2 raises when it does not find the library
        return False
