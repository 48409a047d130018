"""Files of parameters are walked through before Paddle sees them: it takes what is cut off."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import StartError
from service.networks.parameters import shapes

_FP32, _INT64 = 5, 3


def _tensor(shape: tuple[int, ...], kind: int = _FP32, levels: tuple[int, ...] = ()) -> bytes:
    """As `SerializeToStream` writes it: versions, levels, a message with type and shape, values."""
    message = bytes([0x08, kind])
    for size in shape:
        message += b"\x10" + bytes([size & 0x7F | 0x80, size >> 7])
    item = 8 if kind == _INT64 else 4
    data = bytes(int(np.prod(shape, dtype=int)) * item)
    head = struct.pack("<IQ", 0, len(levels))
    head += b"".join(struct.pack("<Q", length) + bytes(length) for length in levels)
    return head + struct.pack("<Ii", 0, len(message)) + message + data


_WHOLE = _tensor((3, 200)) + _tensor(()) + _tensor((7,), _INT64, levels=(16,))


def _read(folder: Path, data: bytes) -> list[tuple[int, ...]]:
    file = folder / "inference.pdiparams"
    file.write_bytes(data)
    return shapes(file)


def test_the_shapes_of_all_tensors(tmp_path: Path) -> None:
    assert _read(tmp_path, _WHOLE) == [(3, 200), (), (7,)]


def test_a_shape_in_packed_form(tmp_path: Path) -> None:
    message = bytes([0x08, _FP32, 0x12, 3, 2, 0x80, 1])
    data = struct.pack("<IQIi", 0, 0, 0, len(message)) + message + bytes(2 * 128 * 4)
    assert _read(tmp_path, data) == [(2, 128)]


@pytest.mark.parametrize("length", [*range(1, 60, 7), 2000, len(_WHOLE) - 57, len(_WHOLE) - 1])
def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(StartError, match=r"is cut off|holds no Paddle parameters"):
        _read(tmp_path, _WHOLE[:length])


def test_a_level_longer_than_any_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="holds no Paddle parameters"):
        _read(tmp_path, struct.pack("<IQQ", 0, 1, 2**64 - 1))


def test_bytes_behind_the_last_tensor_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="holds no Paddle parameters"):
        _read(tmp_path, _WHOLE + b"abc")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=200))
def test_anything_else_is_refused_in_words(tmp_path: Path, data: bytes) -> None:
    try:
        _read(tmp_path, data)
    except StartError as refused:
        assert "copy it again" in str(refused)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 40), value=st.integers(0, 255))
def test_damage_in_a_header_is_refused_in_words(tmp_path: Path, place: int, value: int) -> None:
    damaged = bytearray(_WHOLE)
    damaged[place] = value
    try:
        _read(tmp_path, bytes(damaged))
    except StartError as refused:
        assert "copy it again" in str(refused)
