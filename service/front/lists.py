"""From the nested lists of JSON to tensors, without changing any value. Pure functions."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import numpy as np

from service.errors import RequestError
from service.front.strictjson import shown
from service.tensors import BYTES, DATATYPES, Tensor

# Types of JSON values by kind of dtype; the others are integers. Exact types: to Python a bool is
# an int too.
_TAKEN: dict[str, set[type]] = {"O": {str}, "b": {bool}, "f": {int, float}}


def from_lists(kind: str, data: object, what: str) -> Tensor:
    """The tensor that nested lists hold; texts become BYTES elements as UTF-8.

    Args:
        kind: one of `DATATYPES`.
        what: the tensor's name in messages.

    Raises:
        RequestError: 400 for lists that have no shape, 422 for elements that `kind` cannot have.
    """
    if not isinstance(data, list):
        raise RequestError(400, f"{what} is {shown(data)}; expected is a list")
    flat, shape = _flatten(data, what)
    return _elements(kind, flat, what).reshape(shape)


def _flatten(data: list[Any], what: str) -> tuple[list[Any], list[int]]:
    flat, shape = data, [len(data)]
    while flat and isinstance(flat[0], list):
        if set(map(type, flat)) != {list}:
            raise RequestError(400, f"{what} mixes lists and values on axis {len(shape)}")
        lengths = set(map(len, flat))
        if len(lengths) > 1:
            raise RequestError(
                400,
                f"{what} has lists of {min(lengths)} and of {max(lengths)} on axis {len(shape)}; "
                "expected is the same length for all",
            )
        shape.append(lengths.pop())
        flat = list(chain.from_iterable(flat))
    return flat, shape


def _elements(kind: str, flat: list[Any], what: str) -> Tensor:
    dtype = DATATYPES[kind]
    found = set(map(type, flat))
    if dtype.kind in "iu" and float in found <= {int, float}:
        # To JSON 2.0 is an integer like 2, and some languages write all their numbers so.
        flat = [int(x) if type(x) is float and x.is_integer() else x for x in flat]
        found = set(map(type, flat))
    taken = _TAKEN.get(dtype.kind, {int})
    if found - taken:
        others = " and ".join(sorted(other.__name__ for other in found - taken))
        expected = " or ".join(sorted(one.__name__ for one in taken))
        text = f"{what} is {kind} and has {others} elements; expected is {expected}"
        raise RequestError(422, text)
    if kind == BYTES:
        return _texts(flat, what)
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        return _within(flat, what, kind, int(bounds.min), int(bounds.max))
    if dtype.kind == "f":
        return _floats(flat, what, kind)
    return np.array(flat, dtype)


def _texts(flat: list[str], what: str) -> Tensor:
    tensor = np.empty(len(flat), object)
    try:
        tensor[:] = [text.encode() for text in flat]
    except UnicodeEncodeError:
        raise RequestError(422, f"{what} has half of a surrogate pair, which is no text") from None
    return tensor


def _within(flat: list[int], what: str, kind: str, least: int, most: int) -> Tensor:
    for value in (min(flat, default=0), max(flat, default=0)):
        if not least <= value <= most:
            raise RequestError(
                422, f"{what} has {shown(value)}; {kind} goes from {least} to {most}"
            )
    return np.array(flat, DATATYPES[kind])


def _floats(flat: list[float], what: str, kind: str) -> Tensor:
    dtype = DATATYPES[kind]
    most = float(np.finfo(dtype).max)
    try:
        wide = np.array(flat, np.float64)
    except OverflowError:
        wide = np.array([math.inf])
    with np.errstate(over="ignore"):
        tensor = wide.astype(dtype)
    # JSON has no infinity, so one comes of a number that is too large, such as 1e999.
    if not np.isfinite(tensor).all():
        raise RequestError(422, f"{what} has a number beyond {kind}, which ends at {most:g}")
    return tensor
