"""One Paddle network: tensors in, tensors out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import paddle
from paddle import inference

from service.errors import StartError
from service.networks import parameters, program
from service.networks.devices import config
from service.settings import Engine
from service.tensors import Spec, Tensor, datatype

_PDMODEL, _JSON, _PARAMETERS = "inference.pdmodel", "inference.json", "inference.pdiparams"


class Predictor:
    """A network that `paddle.jit.save` wrote, on one device. All calls come from one thread.

    Attributes:
        inputs: in the network's order; sizes as they were declared when it was saved, which it
            need not insist on.
        outputs: names, in the network's order.
        max_batch: rows that one run takes at most; 0 if the first axis is no rows.

    Args:
        directory: has `inference.pdiparams`, and `inference.json` or `inference.pdmodel`.
        gpu: index of the GPU to use, if the engine has any.

    Raises:
        StartError: a file is missing, empty, damaged, or of a version that this Paddle cannot
            read; or the engine asks for a device or library that is not there.
    """

    def __init__(self, directory: Path, engine: Engine, max_batch: int, gpu: int = 0) -> None:
        self.max_batch = max_batch
        path = _program(directory)
        stored = _existing(directory / _PARAMETERS)
        found = program.read(path)
        _check(path, found, stored)
        settings = config(path, stored, engine, max_batch, gpu)
        try:
            self._predictor = inference.create_predictor(settings)
        except Exception as error:  # paddle raises many types, each with a page of C++ stack
            raise StartError(
                f"{directory} cannot be loaded by paddle {paddle.__version__}: {_reason(error)}"
            ) from None
        try:
            self.inputs: tuple[Spec, ...] = tuple(
                found.inputs[name] for name in self._predictor.get_input_names()
            )
        except KeyError as name:
            raise StartError(f"{path} does not say what its input {name} is") from None
        self.outputs: tuple[str, ...] = tuple(self._predictor.get_output_names())
        self._fed = [self._predictor.get_input_handle(spec.name) for spec in self.inputs]
        self._fetched = [self._predictor.get_output_handle(name) for name in self.outputs]
        self._name = f"{directory.name}/{path.name}"
        self._onednn = engine.onednn and not engine.gpus

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Runs the network once.

        Raises:
            ValueError: number, types or axes of the inputs are not the network's, or one has no
                elements, which paddle answers with noise.
            RuntimeError: paddle fails on them; one line says why.
        """
        if len(inputs) != len(self.inputs):
            raise ValueError(f"the network has {len(self.inputs)} inputs, found {len(inputs)}")
        for spec, tensor in zip(self.inputs, inputs, strict=True):
            if (
                datatype(tensor) != spec.datatype
                or tensor.ndim != len(spec.shape)
                or not tensor.size
            ):
                raise ValueError(
                    f"input {spec.name} of the network is {spec.datatype} {list(spec.shape)}, "
                    f"found {datatype(tensor)} {list(tensor.shape)}"
                )
        try:
            for handle, tensor in zip(self._fed, inputs, strict=True):
                handle.copy_from_cpu(np.ascontiguousarray(tensor))
            self._predictor.run()
            return tuple(handle.copy_to_cpu() for handle in self._fetched)
        except Exception as error:
            shapes = ", ".join(
                f"{spec.name} {list(tensor.shape)}"
                for spec, tensor in zip(self.inputs, inputs, strict=True)
            )
            raise RuntimeError(
                f"{self._name} fails on {shapes}: {_reason(error)}{self._hint(error)}"
            ) from None

    def _hint(self, error: Exception) -> str:
        # Paddle 3.3 with some networks in inference.json: PaddlePaddle/Paddle#77340.
        if self._onednn and isinstance(error, NotImplementedError):
            return "; if oneDNN lacks an operator, ONEDNN=0 runs without it"
        return ""


def _program(directory: Path) -> Path:
    """The program to load: the newer form where both are there and this Paddle reads it."""
    pdmodel, json = directory / _PDMODEL, directory / _JSON
    if json.is_file() and _reads_json():
        return _existing(json)
    if pdmodel.is_file() or not json.is_file():
        return _existing(pdmodel)
    # Paddle 2 does not refuse such a file: it crashes.
    raise StartError(
        f"{json} is a program of Paddle 3, this is paddle {paddle.__version__}: use an image with "
        f"Paddle 3, or save the network again with FLAGS_enable_pir_api=0, which gives {_PDMODEL}"
    )


def _reads_json() -> bool:
    return hasattr(inference.Config, "enable_new_ir")


def _existing(path: Path) -> Path:
    if not path.is_file():
        also = f" (or {_JSON})" if path.name == _PDMODEL else ""
        raise StartError(f"{path}{also} is missing; the model directory needs it")
    if not path.stat().st_size:
        raise StartError(f"{path} is empty; copy it again")
    return path


def _check(path: Path, found: program.Program, stored: Path) -> None:
    """That the parameters are complete, and those of this program.

    Raises:
        StartError: they are not.
    """
    shapes = parameters.shapes(stored)
    for (name, expected), shape in zip(found.parameters.items(), shapes, strict=False):
        if expected != shape:
            raise StartError(
                f"{stored} belongs to another {path.name}: {name} is {list(shape)} there, "
                f"{list(expected)} here; take both from one export"
            )
    if len(shapes) != len(found.parameters):
        raise StartError(
            f"{stored} has {len(shapes)} tensors, {path.name} needs {len(found.parameters)}; "
            "take both from one export"
        )


def _reason(error: Exception) -> str:
    """What a Paddle error says, without its stack and on one line."""
    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith(("---", "File "))]
    # The message itself starts with its kind, such as "(InvalidArgument)", wherever it stands.
    marked = [line for line in lines if re.match(r"\(\w+\) |\w+Error: ", line)]
    return f"{type(error).__name__}: {(marked or lines or ['no message'])[0]}"
