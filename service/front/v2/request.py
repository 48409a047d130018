"""From the body of an inference request to tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.errors import RequestError
from service.front import strictjson
from service.front.lists import from_lists
from service.front.strictjson import shown
from service.front.v2 import HEADER_LENGTH
from service.front.v2.fields import an_object, flag, objects, text
from service.tensors import ANY, BYTES, DATATYPES, Tensor, Tensors, from_bytes, one
from service.workers.messages import Ready

_LONGEST_ID = 1024
_MOST_AXES = 32
# What Triton makes of outputs and this does not: leaving it out silently would be a wrong answer.
_NOT_HERE = ("classification", "shared_memory_region")


@dataclass(frozen=True)
class Request:
    """An inference that a client wants.

    Attributes:
        tensors: not yet checked against the model.
        outputs: the outputs it wants, in its order; whether each comes in binary form.
        id: goes into the answer; None if there is none.
    """

    tensors: Tensors
    outputs: Mapping[str, bool]
    id: str | None = None


def decode(body: bytes, header_length: str | None, model: Ready) -> Request:
    """What a body says.

    Args:
        header_length: the HTTP header `HEADER_LENGTH`, if there is one.

    Raises:
        RequestError: 400 for what is not the protocol, 422 for JSON values that a datatype cannot
            have.
    """
    length = _header_length(header_length, len(body))
    if length == 0:
        return Request(_raw(body, model), {spec.name: True for spec in model.outputs})
    document = an_object(strictjson.parse(body[:length]), "the JSON")
    binary = _Binary(memoryview(body)[length:])
    tensors: Tensors = {}
    for entry in objects(document.get("inputs"), "inputs"):
        name = text(entry.get("name"), "the name of an input")
        if name in tensors:
            raise RequestError(400, f"the input {shown(name)} is there twice")
        tensors[name] = _tensor(entry, f"input {shown(name)}", binary)
    if binary.left:
        raise RequestError(400, f"the body has {binary.left} bytes behind the last binary input")
    return Request(tensors, _wanted(document, model), _id(document))


def _header_length(given: str | None, size: int) -> int:
    if given is None:
        return size
    if not (given.isascii() and given.isdecimal() and len(given) < 16 and int(given) <= size):
        raise RequestError(
            400,
            f"{HEADER_LENGTH} is {shown(given)}; expected is the length of the JSON, at most the "
            f"body's {size}",
        )
    return int(given)


def _raw(body: bytes, model: Ready) -> Tensors:
    """A body without JSON: the bytes of the only input, whose shape they have to tell."""
    if len(model.inputs) != 1 or model.inputs[0].shape.count(ANY) > 1:
        raise RequestError(400, f"{HEADER_LENGTH} is 0, but this model's inputs need their shape")
    (spec,) = model.inputs
    if spec.datatype == BYTES:
        return {spec.name: one(body).reshape((1,) * len(spec.shape))}
    row = DATATYPES[spec.datatype].itemsize * math.prod(n for n in spec.shape if n != ANY)
    shape = [len(body) // row if size == ANY else size for size in spec.shape]
    return {spec.name: _from_bytes(spec.datatype, shape, memoryview(body), shown(spec.name))}


@dataclass
class _Binary:
    """The part behind the JSON, which inputs are taken from in their order."""

    data: memoryview
    _taken: int = field(default=0, init=False)

    @property
    def left(self) -> int:
        return len(self.data) - self._taken

    def take(self, size: object, what: str) -> memoryview:
        if type(size) is not int or not 0 <= size <= self.left:
            raise RequestError(
                400,
                f"{what} has binary_data_size {shown(size)}; {self.left} bytes are left behind "
                f"the JSON, whose length {HEADER_LENGTH} gives",
            )
        self._taken += size
        return self.data[self._taken - size : self._taken]


def _tensor(entry: Mapping[str, Any], what: str, binary: _Binary) -> Tensor:
    kind = entry.get("datatype")
    if not isinstance(kind, str) or kind not in DATATYPES:
        raise RequestError(
            400, f"{what} has datatype {shown(kind)}; expected is one of {', '.join(DATATYPES)}"
        )
    shape = _shape(entry.get("shape"), what)
    parameters = an_object(entry.get("parameters", {}), f"parameters of {what}")
    if ("data" in entry) == ("binary_data_size" in parameters):
        raise RequestError(400, f"{what} needs either data or the parameter binary_data_size")
    if "data" not in entry:
        data = binary.take(parameters["binary_data_size"], what)
        return _from_bytes(kind, shape, data, what)
    tensor = from_lists(kind, entry["data"], what)
    if list(tensor.shape) not in (shape, [math.prod(shape)]):
        raise RequestError(
            400,
            f"{what} has data of shape {list(tensor.shape)} and is announced with {shape}; "
            "expected are equal ones, or one flat list",
        )
    return tensor.reshape(shape)


def _shape(value: object, what: str) -> list[int]:
    if (
        not isinstance(value, list)
        or len(value) > _MOST_AXES
        or not all(type(size) is int and 0 <= size < 2**63 for size in value)
    ):
        raise RequestError(
            400, f"{what} has shape {shown(value)}; expected is a list of sizes, such as [1, 3]"
        )
    if 0 in value:
        raise RequestError(422, f"{what} has shape {shown(value)}; sizes begin at 1")
    return value


def _from_bytes(kind: str, shape: list[int], data: memoryview, what: str) -> Tensor:
    count = math.prod(shape)
    # Each element has 4 bytes at least. Checked here: `from_bytes` takes memory for `count` first.
    if kind == BYTES and 4 * count > len(data):
        raise RequestError(400, f"{what} has {len(data)} bytes, too few for {count} elements")
    if kind == "BOOL" and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise RequestError(422, f"{what} is BOOL and has a byte that is neither 0 nor 1")
    try:
        return from_bytes(kind, shape, data)
    except ValueError as error:
        raise RequestError(400, f"{what} does not fit its shape: {error}") from None


def _wanted(document: Mapping[str, Any], model: Ready) -> Mapping[str, bool]:
    parameters = an_object(document.get("parameters", {}), "parameters")
    usual = flag(parameters, "binary_data_output", default=False)
    there = [spec.name for spec in model.outputs]
    wanted: dict[str, bool] = {}
    for entry in objects(document.get("outputs", []), "outputs"):
        name = text(entry.get("name"), "the name of an output")
        if name not in there:
            names = ", ".join(map(shown, there))
            raise RequestError(400, f"{shown(name)} is no output; the model gives {names}")
        if name in wanted:
            raise RequestError(400, f"the output {shown(name)} is wanted twice")
        own = an_object(entry.get("parameters", {}), f"parameters of output {shown(name)}")
        for parameter in _NOT_HERE:
            if parameter in own:
                raise RequestError(400, f"the parameter {parameter} is not supported here")
        wanted[name] = flag(own, "binary_data", default=usual)
    return wanted or dict.fromkeys(there, usual)


def _id(document: Mapping[str, Any]) -> str | None:
    if "id" not in document:
        return None
    given = text(document["id"], "the id")
    if len(given) > _LONGEST_ID:
        raise RequestError(400, f"the id has {len(given)} characters; at most {_LONGEST_ID} go")
    return given
