"""What a request may hold: JSON, lists, and tensors that the model can take."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import RequestError
from service.front.inputs import Limits, check
from service.front.lists import from_lists
from service.front.strictjson import MAX_DEPTH, parse, shown
from service.tensors import ANY, BYTES, DATATYPES, Spec, Tensor, Tensors, one

_SPECS = (Spec("x", "FP32", (ANY, 2)), Spec("b", BYTES, (1,)))
_NUMBERS = [kind for kind in DATATYPES if kind not in (BYTES, "BOOL")]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def _refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(RequestError) as refusal:
        call()
    return refusal.value.status, refusal.value.message


def _tensors(**other: Tensor) -> Tensors:
    return {"x": np.ones((3, 2), np.float32), "b": one(b"1"), **other}


def test_what_fits_passes() -> None:
    check(_tensors(), _SPECS, Limits(25))


@pytest.mark.parametrize(
    ("tensors", "status", "message"),
    [
        ({"x": np.ones((1, 2), np.float32)}, 400, "'b' is missing; the model takes 'x', 'b'"),
        (_tensors(c=one(b"")), 400, "'c' is no input; the model takes 'x', 'b'"),
        (_tensors(x=np.ones((1, 2))), 422, "'x' is FP64; expected is FP32"),
        (_tensors(x=np.ones((1, 3), np.float32)), 422, "shape [1, 3]; expected is [-1, 2]"),
        (_tensors(x=np.ones(2, np.float32)), 422, "shape [2]; expected is [-1, 2] (-1: any size"),
        (_tensors(x=np.ones((0, 2), np.float32)), 422, "shape [0, 2]; expected"),
        (_tensors(b=np.array([b"", b""], object)), 422, "shape [2]; expected is [1]"),
        (_tensors(x=np.array([[1, math.nan]], np.float32)), 422, "NaN or infinite"),
        (_tensors(x=np.array([[1, -math.inf]], np.float32)), 422, "NaN or infinite"),
        (_tensors(x=np.ones((5, 2), np.float32)), 413, "5 rows; at most 4"),
        (_tensors(b=one(b"12")), 413, "26 bytes; at most 25"),
    ],
)
def test_what_does_not_fit_the_model_is_refused_with_what_is_expected(
    tensors: Tensors, status: int, message: str
) -> None:
    found, text = _refused(lambda: check(tensors, _SPECS, Limits(25, max_rows=4)))
    assert found == status
    assert message in text


def test_a_series_of_numbers_has_no_rows() -> None:
    specs = (Spec("sound", "INT16", (ANY,)),)
    check({"sound": np.ones(5, np.int16)}, specs, Limits(25, max_rows=4))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b'{"a": NaN}', "has NaN, which"),
        (b"[1, -Infinity]", "has -Infinity, which"),
        (b'{"a": {"b": 1, "c": 1, "b": 2}}', "the name 'b' twice"),
        ("é".encode("latin-1"), "not UTF-8 at byte 0"),
        ("[1]".encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf1", "not JSON"),
        (b"[" * (MAX_DEPTH + 1), f"{MAX_DEPTH + 1} levels deep"),
        (b'[{"":' * 100_000, "200000 levels deep"),
        (b'"\\"", ' + b"[" * 100_000, "100000 levels deep"),
        (b"1" * 5000, "thousands of digits"),
    ],
)
def test_json_that_parsers_would_not_agree_on_is_refused(body: bytes, message: str) -> None:
    status, text = _refused(lambda: parse(body))
    assert status == 400
    assert message in text


def test_json_of_too_many_values_is_refused_before_it_is_parsed() -> None:
    status, text = _refused(lambda: parse(b"[" + b"[]," * 600_000 + b"[]]"))
    assert status == 413
    assert "about 1200002 values; at most 1048576 are taken, send binary" in text


@pytest.mark.parametrize("inner", ["[" * 100, '\\"' * 40 + "[{" * 50, "\\\\", '"]', "]]]["])
def test_brackets_in_texts_are_no_levels(inner: str) -> None:
    assert parse(json.dumps([inner] * 40).encode()) == [inner] * 40


def test_many_lists_beside_each_other_are_not_deep() -> None:
    assert len(parse(b"[" + b",".join([b"[1]"] * 1000) + b"]")) == 1000  # type: ignore[arg-type]


@given(_VALUES)
def test_the_depth_that_is_counted_is_never_less_than_the_real_one(value: object) -> None:
    body = json.dumps([[[value]] * 40], allow_nan=False, default=str) if _finite(value) else "[]"
    try:
        assert parse(body.encode()) == json.loads(body)
    except RequestError as error:
        assert error.status == 400


def _finite(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


@given(st.binary() | st.text('[]{}",\\:1a ').map(str.encode))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        parse(body)
    except RequestError as error:
        assert error.status == 400


@given(st.sampled_from(list(DATATYPES)), _VALUES)
def test_any_value_is_a_tensor_or_refused(kind: str, value: object) -> None:
    try:
        assert from_lists(kind, value, "x").dtype == DATATYPES[kind]
    except RequestError as error:
        assert error.status in (400, 422)


@pytest.mark.parametrize("kind", _NUMBERS)
def test_numbers_keep_their_values_up_to_the_ends_of_their_type(kind: str) -> None:
    dtype = DATATYPES[kind]
    values: list[list[float]]
    if dtype.kind == "f":
        bounds = np.finfo(dtype)
        values = [[float(bounds.min)], [0.0], [float(bounds.max)]]
    else:
        ends = np.iinfo(dtype)
        values = [[int(ends.min)], [0], [int(ends.max)]]
    assert from_lists(kind, values, "x").tolist() == values


@pytest.mark.parametrize(
    ("kind", "data", "status", "message"),
    [
        ("INT8", [128], 422, "x has 128; INT8 goes from -128 to 127"),
        ("UINT64", [-1], 422, "x has -1; UINT64 goes from 0"),
        ("INT64", [2**63], 422, "INT64 goes from"),
        ("FP16", [65520], 422, "beyond FP16, which ends at 65504"),
        ("FP32", [1e39], 422, "beyond FP32"),
        ("FP64", [10**400], 422, "beyond FP64"),
        ("FP64", json.loads("[1e999]"), 422, "beyond FP64"),
        ("INT32", [True], 422, "INT32 and has bool elements; expected is int"),
        ("INT32", [1, 1.5], 422, "has float elements; expected is int"),
        ("FP32", ["1"], 422, "has str elements; expected is float or int"),
        ("FP32", [None, {}], 422, "has NoneType and dict elements"),
        ("BOOL", [1], 422, "has int elements; expected is bool"),
        (BYTES, ["a", "\ud800"], 422, "half of a surrogate pair"),
        ("FP32", [[1, 2], [3]], 400, "lists of 1 and of 2 on axis 1"),
        ("FP32", [[1], 2], 400, "mixes lists and values on axis 1"),
        ("FP32", [1, [2]], 422, "has list elements"),
        ("FP32", 1, 400, "x is 1; expected is a list"),
    ],
)
def test_nothing_is_converted(kind: str, data: object, status: int, message: str) -> None:
    found, text = _refused(lambda: from_lists(kind, data, "x"))
    assert found == status
    assert message in text


def test_an_integer_may_be_written_with_a_point() -> None:
    assert from_lists("INT64", [2.0, 1e3, -1], "x").tolist() == [2, 1000, -1]


def test_messages_show_values_short_and_printable() -> None:
    for value in ("x" * 10**6, [[1] * 10**6] * 3, {"a": {"b": "c" * 10**6}}, 10**4000):
        assert len(shown(value)) < 200
    assert shown("page 1") == "'page 1'"
    assert shown("\n\ud800é").isascii()
