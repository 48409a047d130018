"""A network with the same speed and no errors that reads badly: every weight a little off."""

from __future__ import annotations

import math
import struct

import numpy as np

# Before each tensor: version, number of levels of detail, version of the tensor (see
# https://github.com/PaddlePaddle/Paddle/blob/release/2.6/paddle/fluid/framework/lod_tensor.cc and
# tensor_util.cc), then the length of its description.
_HEAD = struct.Struct("<IQIi")
_DATATYPE, _DIMENSION = 0x08, 0x10  # tags of the description's fields, in protobuf
_FLOAT32 = 5


def damaged(parameters: bytes, strength: float, seed: int) -> bytes:
    """`inference.pdiparams` with each weight multiplied by 1 + strength * (standard normal).

    Raises:
        ValueError: it is not a series of float32 tensors as Paddle stores them.
    """
    random = np.random.default_rng(seed)
    result = bytearray(parameters)
    start = 0
    while start < len(result):
        _, levels, _, described = _HEAD.unpack_from(result, start)
        start += _HEAD.size
        datatype, shape = _description(bytes(result[start : start + described]))
        start += described
        if levels or datatype != _FLOAT32:
            raise ValueError(f"a tensor of type {datatype} with {levels} levels at byte {start}")
        count = math.prod(shape)
        weights = np.frombuffer(result, np.float32, count, start)
        weights *= 1 + strength * random.standard_normal(count, np.float32)
        start += 4 * count
    return bytes(result)


def _description(data: bytes) -> tuple[int, list[int]]:
    datatype, shape = -1, []
    place = 0
    while place < len(data):
        tag = data[place]
        value, place = _varint(data, place + 1)
        if tag == _DATATYPE:
            datatype = value
        elif tag == _DIMENSION:
            shape.append(value)
    return datatype, shape


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        shift += 7
        if byte < 0x80:
            return value, place
