"""Tensors survive the way through shared memory and through the protocol's binary form."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tensors import (
    BYTES,
    DATATYPES,
    Tensor,
    Tensors,
    TooLarge,
    datatype,
    from_bytes,
    one,
    pack,
    to_bytes,
    unpack,
)

_SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@st.composite
def _tensors(draw: st.DrawFn) -> Tensor:
    kind = draw(st.sampled_from(sorted(DATATYPES)))
    shape = draw(_SHAPES)
    count = int(np.prod(shape, dtype=int))
    if kind == BYTES:
        elements = np.empty(count, object)
        elements[:] = draw(st.lists(st.binary(max_size=9), min_size=count, max_size=count))
        return elements.reshape(shape)
    dtype = DATATYPES[kind]
    data = draw(st.binary(min_size=count * dtype.itemsize, max_size=count * dtype.itemsize))
    return (
        np.frombuffer(data, np.uint8).view(dtype).reshape(shape)
        if count
        else np.empty(shape, dtype)
    )


def _same(one: Tensor, other: Tensor) -> bool:
    return (
        one.dtype == other.dtype and one.shape == other.shape and to_bytes(one) == to_bytes(other)
    )


@given(_tensors())
def test_binary_form_and_back(tensor: Tensor) -> None:
    assert _same(from_bytes(datatype(tensor), tensor.shape, to_bytes(tensor)), tensor)


@given(st.dictionaries(st.text(max_size=5), _tensors(), max_size=4), st.integers(0, 9))
def test_a_block_of_memory_and_back(tensors: Tensors, spare: int) -> None:
    block = memoryview(bytearray(sum(len(to_bytes(t)) for t in tensors.values()) + spare))
    found = unpack(pack(tensors, block), block)
    block[:] = bytes(len(block))  # what was read must not change any more
    assert list(found) == list(tensors)
    assert all(_same(found[name], tensor) for name, tensor in tensors.items())


@given(_tensors(), st.binary(max_size=12), st.integers(0, 60))
def test_data_of_another_length_is_refused(tensor: Tensor, more: bytes, cut: int) -> None:
    data = to_bytes(tensor)
    for wrong in (data + more, data[:cut]):
        if len(wrong) != len(data):
            with pytest.raises(ValueError, match=r"bytes|elements|cut off"):
                from_bytes(datatype(tensor), tensor.shape, wrong)


@given(st.binary(max_size=40), st.integers(0, 5))
def test_any_data_is_elements_or_refused(data: bytes, count: int) -> None:
    try:
        tensor = from_bytes(BYTES, [count], data)
    except ValueError:
        return
    assert to_bytes(tensor) == data


def test_elements_stand_behind_their_length() -> None:
    elements = np.array([b"ab", b""], object)
    assert to_bytes(elements) == b"\x02\0\0\0ab\0\0\0\0"


def test_an_element_longer_than_all_data_is_refused() -> None:
    with pytest.raises(ValueError, match="element 0 of BYTES is cut off"):
        from_bytes(BYTES, [1], struct.pack("<I", 2**32 - 1) + b"x")


def test_rows_that_are_not_contiguous_are_written_in_order() -> None:
    tensor = np.arange(6, dtype=np.int32).reshape(2, 3)
    assert (from_bytes("INT32", (3, 2), to_bytes(tensor.T)) == tensor.T).all()


def test_too_large_says_how_much_is_needed() -> None:
    with pytest.raises(TooLarge) as refused:
        pack({"a": np.zeros(3, np.float32), "b": one(b"xyz")}, memoryview(bytearray(18)))
    assert (refused.value.needed, refused.value.there) == (19, 18)


@pytest.mark.parametrize("dtype", ["complex64", "datetime64[s]", "U3"])
def test_types_that_the_protocol_lacks_are_named(dtype: str) -> None:
    with pytest.raises(TypeError, match="has no type in the protocol"):
        datatype(np.zeros(1, dtype))
