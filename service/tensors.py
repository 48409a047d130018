"""Named tensors, which is what requests and answers are made of; the types of the Open Inference
Protocol (https://github.com/kserve/open-inference-protocol, "Tensor Data Types").
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[Any]
Tensors = dict[str, Tensor]

# BYTES: each element is a `bytes` of any length.
BYTES = "BYTES"
DATATYPES: Mapping[str, np.dtype[Any]] = {
    BYTES: np.dtype(object),
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype(np.uint8),
    "UINT16": np.dtype(np.uint16),
    "UINT32": np.dtype(np.uint32),
    "UINT64": np.dtype(np.uint64),
    "INT8": np.dtype(np.int8),
    "INT16": np.dtype(np.int16),
    "INT32": np.dtype(np.int32),
    "INT64": np.dtype(np.int64),
    "FP16": np.dtype(np.float16),
    "FP32": np.dtype(np.float32),
    "FP64": np.dtype(np.float64),
}
_NAMES = {dtype: name for name, dtype in DATATYPES.items()}

ANY = -1
"""A size that a shape leaves open."""

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Spec:
    """One input or output of a model.

    Attributes:
        shape: a size for each axis, `ANY` where every size from 1 is taken.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Packed:
    """Where one tensor lies in a block of shared memory, and what it is."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    offset: int
    length: int


class TooLarge(Exception):
    """The tensors do not fit into the memory that is there for them."""

    def __init__(self, needed: int, there: int) -> None:
        super().__init__(f"{needed} bytes do not fit into {there}")
        self.needed = needed
        self.there = there


def datatype(tensor: Tensor) -> str:
    """The protocol's name of a tensor's type.

    Raises:
        TypeError: the protocol has none.
    """
    try:
        return _NAMES[tensor.dtype]
    except KeyError:
        raise TypeError(f"a tensor of {tensor.dtype} has no type in the protocol") from None


def one(data: bytes) -> Tensor:
    """A BYTES tensor of shape [1]."""
    tensor = np.empty(1, object)
    tensor[0] = data
    return tensor


def to_bytes(tensor: Tensor) -> bytes:
    """A tensor in the protocol's binary form: row by row, BYTES elements each behind its length."""
    if tensor.dtype != object:
        return np.ascontiguousarray(tensor).tobytes()
    return b"".join(_LENGTH.pack(len(element)) + element for element in tensor.ravel())


def from_bytes(kind: str, shape: Sequence[int], data: bytes | memoryview) -> Tensor:
    """The tensor that `to_bytes` made the data of; a copy.

    Raises:
        ValueError: the data is shorter or longer than type and shape say.
    """
    count = math.prod(shape)
    if kind == BYTES:
        return _elements(data, count).reshape(shape)
    dtype = DATATYPES[kind]
    if len(data) != count * dtype.itemsize:
        raise ValueError(
            f"{kind} of shape {list(shape)} has {count * dtype.itemsize} bytes, found {len(data)}"
        )
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _elements(data: bytes | memoryview, count: int) -> Tensor:
    elements = np.empty(count, object)
    start = 0
    for index in range(count):
        if start + _LENGTH.size > len(data):
            raise ValueError(f"BYTES has {index} elements, {count} are announced")
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        if start + length > len(data):
            raise ValueError(f"element {index} of BYTES is cut off")
        elements[index] = bytes(data[start : start + length])
        start += length
    if start != len(data):
        raise ValueError(f"BYTES has {len(data) - start} bytes behind its last element")
    return elements


def pack(tensors: Tensors, block: memoryview) -> tuple[Packed, ...]:
    """Writes the tensors into a block of memory, one behind the other.

    Raises:
        TooLarge: the block is too small; what it holds then is undefined.
    """
    parts = [(name, tensor, to_bytes(tensor)) for name, tensor in tensors.items()]
    needed = sum(len(data) for _, _, data in parts)
    if needed > len(block):
        raise TooLarge(needed, len(block))
    packed = []
    offset = 0
    for name, tensor, data in parts:
        block[offset : offset + len(data)] = data
        packed.append(Packed(name, datatype(tensor), tensor.shape, offset, len(data)))
        offset += len(data)
    return tuple(packed)


def unpack(packed: Sequence[Packed], block: memoryview) -> Tensors:
    """Copies of the tensors in a block of memory."""
    return {
        part.name: from_bytes(
            part.datatype, part.shape, block[part.offset : part.offset + part.length]
        )
        for part in packed
    }
