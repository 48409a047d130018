"""Serves a Paddle network as it is: its inputs are the request, its outputs the answer.

handler: tensor
inputs:                            # checked against the network's own
  - {name: x, datatype: FP32, shape: [-1, 3, 48, -1]}
outputs: [softmax_0.tmp_0]         # optional, default: all
batch: 8                           # optional; 0: the first axis is not one row per request
warm_up: [{x: [1, 3, 48, 320]}]    # optional; the shapes that requests will have
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from service.errors import RequestError, StartError
from service.handlers import Call, Handler, Network, Steps
from service.handlers.model import Model
from service.handlers.stages import batch_sizes, run_calls
from service.tensors import ANY, BYTES, DATATYPES, Spec, Tensor, Tensors, datatype

_NETWORK = "network"

# Rows of one run. A GPU hardly notices so few; on a CPU one core gains little, and requests in a
# batch wait for each other.
_GPU_BATCH, _CPU_BATCH = 8, 4

# What an open size is in a warm-up whose shapes nobody named: most convolutions take it.
_OPEN = 64


class TensorHandler(Handler):
    """Any Paddle network in the model directory.

    Args:
        inputs: maps with `name`, `datatype` and `shape`; -1 is any size, and the first axis is -1
            unless `batch` is 0.
        outputs: names of the network's outputs that answers have.
        batch: rows that one run takes at most; 0 if the first axis is no rows.
        warm_up: maps from each input's name to a shape. Each is run at start, for all sizes of a
            batch: a shape that the network has not seen makes its first request slow.

    Raises:
        StartError: a key has a wrong value or is not what the network says, or the network fails
            on the warm-up.
    """

    def __init__(
        self,
        model: Model,
        inputs: object,
        outputs: object = None,
        batch: object = None,
        warm_up: object = None,
    ) -> None:
        where = str(model.directory / "model.yaml")
        self._rows = _batch(where, batch, _GPU_BATCH if model.on_gpu else _CPU_BATCH)
        network = model.network(max_batch=self._rows)
        self.networks: dict[str, Network] = {_NETWORK: network}
        declared = _inputs(f"{where}: inputs", inputs, batched=self._rows > 0)
        self.inputs = _as_the_network_has_them(f"{where}: inputs", declared, network.inputs)
        self._names = network.outputs
        self._wanted = _outputs(f"{where}: outputs", outputs, network.outputs)
        self._warm_up = _warm_up(f"{where}: warm_up", warm_up, self.inputs, batched=self._rows > 0)
        self.outputs = self._described(where)

    def answer(self, request: Tensors) -> Steps:
        tensors = tuple(request[spec.name] for spec in self.inputs)
        if self._rows and len({len(tensor) for tensor in tensors}) > 1:
            raise RequestError(
                400,
                "the inputs need the same first size, found "
                + ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in request.items()),
            )
        ((*results,),) = yield [Call(_NETWORK, tensors)]
        answer = dict(zip(self._names, results, strict=True))
        return {name: answer[name] for name in self._wanted}

    def samples(self) -> Iterator[Tensors]:
        for shapes in self._warm_up:
            yield {spec.name: _sample(spec, shapes[spec.name]) for spec in self.inputs}

    def warm_up(self) -> Iterable[Call]:
        calls = []
        for shapes in self._warm_up:
            for rows in batch_sizes(self._rows):
                tensors = [_sample(spec, (rows, *shapes[spec.name][1:])) for spec in self.inputs]
                calls.append(Call(_NETWORK, tuple(tensors)))
        # The largest first: Paddle keeps its memory, and the smaller ones then fit into it.
        return sorted(calls, key=lambda call: -sum(tensor.size for tensor in call.inputs))

    def _described(self, where: str) -> tuple[Spec, ...]:
        """Types and shapes of the outputs, from running the network once."""
        (sample, *_) = self.samples()
        (outcome,) = run_calls(self, [Call(_NETWORK, tuple(sample.values()))])
        if isinstance(outcome, Exception):
            raise StartError(f"{where}: the network fails on its warm-up: {outcome}")
        results = dict(zip(self._names, outcome, strict=True))
        first = 1 if self._rows else 0
        closed = not any(ANY in spec.shape[first:] for spec in self.inputs)
        specs = []
        for name in self._wanted:
            sizes = results[name].shape
            rest = sizes[first:] if closed else (ANY,) * len(sizes[first:])
            specs.append(Spec(name, datatype(results[name]), (ANY,) * first + rest))
        return tuple(specs)


def _sample(spec: Spec, shape: Sequence[int]) -> Tensor:
    # Not 0 for fractions: networks that divide by what they are given would answer with NaN.
    dtype = DATATYPES[spec.datatype]
    return np.full(shape, 0.5 if dtype.kind == "f" else 0, dtype)


def _batch(where: str, found: object, default: int) -> int:
    if found is None:
        return default
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise StartError(f"{where}: batch is {found!r}; write the rows of one run, or 0")
    return found


def _inputs(where: str, found: object, *, batched: bool) -> dict[str, Spec]:
    if not isinstance(found, list) or not found:
        raise StartError(f"{where} is {found!r}; write a list of name, datatype and shape")
    specs = {}
    for place, entry in enumerate(found):
        at = f"{where}[{place}]"
        if not isinstance(entry, dict) or set(entry) != {"name", "datatype", "shape"}:
            raise StartError(f"{at} is {entry!r}; write name, datatype and shape, nothing else")
        name, kind, shape = str(entry["name"]), entry["datatype"], entry["shape"]
        if kind not in DATATYPES or kind == BYTES:
            known = ", ".join(known for known in DATATYPES if known != BYTES)
            raise StartError(f"{at}.datatype is {kind!r}; write one of {known}")
        if not _sizes(shape, least=ANY):
            raise StartError(f"{at}.shape is {shape!r}; write a size for each axis, -1 for any")
        if batched and shape[:1] != [ANY]:
            raise StartError(
                f"{at}.shape is {shape}; the first axis is the rows of a batch, -1; "
                "`batch: 0` says that it is not"
            )
        if name in specs:
            raise StartError(f"{at}.name is {name!r} again")
        specs[name] = Spec(name, kind, tuple(shape))
    return specs


def _sizes(shape: object, least: int) -> bool:
    return isinstance(shape, list) and all(
        isinstance(size, int) and not isinstance(size, bool) and size >= least and size != 0
        for size in shape
    )


def _as_the_network_has_them(
    where: str, declared: Mapping[str, Spec], own: Sequence[Spec]
) -> tuple[Spec, ...]:
    """The declared inputs in the network's order.

    Raises:
        StartError: names, types, axes or fixed sizes disagree with the network's.
    """
    names = [spec.name for spec in own]
    if set(declared) != set(names):
        raise StartError(
            f"{where} has {', '.join(declared)}; the inputs of the network are {', '.join(names)}"
        )
    for spec in own:
        found = declared[spec.name]
        fits = len(found.shape) == len(spec.shape) and all(
            ANY in (size, there) or size == there
            for size, there in zip(found.shape, spec.shape, strict=True)
        )
        if found.datatype != spec.datatype or not fits:
            raise StartError(
                f"{where}: {spec.name} is {found.datatype} {list(found.shape)}; the network has "
                f"{spec.datatype} {list(spec.shape)}"
            )
    return tuple(declared[name] for name in names)


def _outputs(where: str, found: object, own: Sequence[str]) -> tuple[str, ...]:
    if found is None:
        return tuple(own)
    if not isinstance(found, list) or not found or len(set(map(str, found))) < len(found):
        raise StartError(f"{where} is {found!r}; write names of outputs, each once")
    if unknown := [name for name in found if name not in own]:
        raise StartError(
            f"{where} has {unknown[0]!r}; the outputs of the network are {', '.join(own)}"
        )
    return tuple(found)


def _warm_up(
    where: str, found: object, inputs: Sequence[Spec], *, batched: bool
) -> list[dict[str, list[int]]]:
    """For each run of the warm-up the shape of each input."""
    if found is None:
        return [{spec.name: _shape(spec, batched=batched) for spec in inputs}]
    if not isinstance(found, list) or not found:
        raise StartError(f"{where} is {found!r}; write a list of maps from input to shape")
    names = {spec.name for spec in inputs}
    for place, shapes in enumerate(found):
        if not isinstance(shapes, dict) or set(shapes) != names:
            raise StartError(
                f"{where}[{place}] is {shapes!r}; write a shape for each of {', '.join(names)}"
            )
        for spec in inputs:
            shape = shapes[spec.name]
            if not _sizes(shape, least=1) or not _fits(shape, spec.shape):
                raise StartError(
                    f"{where}[{place}].{spec.name} is {shape!r}; it has to fit {list(spec.shape)}"
                )
    return found


def _shape(spec: Spec, *, batched: bool) -> list[int]:
    shape = [_OPEN if size == ANY else size for size in spec.shape]
    return [1, *shape[1:]] if batched else shape


def _fits(shape: Sequence[int], declared: Sequence[int]) -> bool:
    return len(shape) == len(declared) and all(
        size in (ANY, found) for found, size in zip(shape, declared, strict=True)
    )
