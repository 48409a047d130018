"""Reads which tensors a file of parameters (`inference.pdiparams`) holds, without their values.

Paddle itself takes a file whose last tensor is cut off, fills up with whatever is in memory, and
answers (seen with 3.3.1). So the file is walked through before Paddle sees it.

The format is `SerializeToStream` in paddle/phi/core/framework/dense_tensor_serialize.cc and
dense_tensor_tostream.cc, one tensor behind the other.
"""

from __future__ import annotations

import io
import math
import struct
from pathlib import Path
from typing import BinaryIO

from service.errors import StartError

# Bytes of one element, by the number of the type in paddle's framework.proto.
_ITEM = {0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2, 23: 8, 24: 16}


# Bytes of a level of detail, and more than any has.
_LONGEST = 2**40


class _Damaged(Exception):
    """The bytes do not follow the format."""


def shapes(path: Path) -> list[tuple[int, ...]]:
    """The shape of each tensor in the file, in its order.

    Raises:
        StartError: the file is cut off, or holds something else.
    """
    found: list[tuple[int, ...]] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            try:
                shape, length = _header(file)
            except (_Damaged, struct.error):
                raise StartError(
                    f"{path} holds no Paddle parameters at byte {file.tell()} of {size}; "
                    "copy it again"
                ) from None
            if file.tell() + length > size:
                raise StartError(
                    f"{path} is cut off: tensor {len(found)} ends at byte {file.tell() + length}, "
                    f"the file has {size}; copy it again"
                )
            file.seek(length, io.SEEK_CUR)
            found.append(shape)
    return found


def _header(file: BinaryIO) -> tuple[tuple[int, ...], int]:
    """Shape of the next tensor, and how many bytes of values follow."""
    version, levels = struct.unpack("<IQ", file.read(12))
    if version or levels > 8:
        raise _Damaged
    for _ in range(levels):
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST:
            raise _Damaged
        file.seek(length, io.SEEK_CUR)
    version, length = struct.unpack("<Ii", file.read(8))
    if version or not 0 < length < 1024:
        raise _Damaged
    kind, shape = _description(file.read(length))
    return shape, math.prod(shape) * _ITEM[kind]


def _description(message: bytes) -> tuple[int, tuple[int, ...]]:
    """Type and shape from a `VarType.TensorDesc` of framework.proto."""
    kind = -1
    shape = []
    start = 0
    while start < len(message):
        field, start = _varint(message, start)
        if field == 0x12:  # the shape, packed
            length, start = _varint(message, start)
            end = start + length
            while start < end:
                size, start = _varint(message, start)
                shape.append(size)
            continue
        value, start = _varint(message, start)
        if field == 0x08:
            kind = value
        elif field == 0x10:
            shape.append(value)
        else:
            raise _Damaged
    if kind not in _ITEM:
        raise _Damaged
    return kind, tuple(shape)


def _varint(message: bytes, start: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[start : start + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, start + place + 1
    raise _Damaged
