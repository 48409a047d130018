"""One Paddle predictor: float32 tensor in, float32 tensor out, checked both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from paddle import device, inference

from service.errors import StartError

Tensor = NDArray[np.float32]

# Megabytes of GPU memory the predictor takes at the start; it grows from there.
_GPU_MEMORY_MB = 500


class Predictor:
    """A model `inference.pdmodel` + `inference.pdiparams` with one input and one output.

    Args:
        directory: where the two files are.

    Raises:
        StartError: a file is missing, empty or not a Paddle model.
    """

    def __init__(self, directory: Path) -> None:
        program = _existing(directory / "inference.pdmodel")
        parameters = _existing(directory / "inference.pdiparams")
        config = inference.Config(str(program), str(parameters))
        config.disable_glog_info()
        config.enable_memory_optim()
        if device.cuda.device_count() > 0:
            config.enable_use_gpu(_GPU_MEMORY_MB, 0)
        else:
            config.disable_gpu()
            config.set_cpu_math_library_num_threads(1)
            config.enable_mkldnn()  # measured: 4 times as fast on the detector and the recogniser
        try:
            self._predictor = inference.create_predictor(config)
        except Exception as error:  # paddle raises many types, each with a page of C++ stack
            raise StartError(
                f"{directory} is no Paddle model that can be loaded: {type(error).__name__}; "
                "are the files complete and of one version?"
            ) from None
        self._input = self._predictor.get_input_handle(self._predictor.get_input_names()[0])
        self._output = self._predictor.get_output_handle(self._predictor.get_output_names()[0])

    def __call__(self, batch: Tensor) -> Tensor:
        """Runs the model on (n, 3, height, width); the output starts with n.

        Raises:
            ValueError: the batch is not such a tensor (paddle answers a zero-size one with noise).
            FloatingPointError: the model's output is not finite.
        """
        if batch.dtype != np.float32 or batch.ndim != 4 or batch.shape[1] != 3 or not batch.size:
            raise ValueError(f"expected float32 (n, 3, h, w), found {batch.dtype} {batch.shape}")
        self._input.copy_from_cpu(np.ascontiguousarray(batch))
        self._predictor.run()
        output: Tensor = self._output.copy_to_cpu()
        if not np.isfinite(output).all():
            raise FloatingPointError("the model's output has NaN or infinite values")
        return output


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise StartError(f"{path} is missing; the model directory needs it")
    if not path.stat().st_size:
        raise StartError(f"{path} is empty; copy it again")
    return path
