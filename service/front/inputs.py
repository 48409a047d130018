"""Whether the tensors of a request fit the model; and which status tells a client what.

400  the request cannot be understood: broken JSON, base64, multipart or binary form; an input that
     is missing, unknown or there twice; data whose count disagrees with its shape
404  another path, model or version than the one served here
405  another method than the path has
408  the body did not come in time
411  the body's length is neither given nor chunked
413  too large: the body, the tensors in it, the rows of a batch, or (handler) the pixels
415  a Content-Type or Content-Encoding that is not taken, or (handler) a file format
422  understood, but not for this model: datatype, shape, a size of zero, NaN or infinity, a number
     out of its datatype's range
500  the model failed; 503 too busy or not ready, with Retry-After; 504 the model hung
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from service.errors import RequestError
from service.front.strictjson import shown
from service.tensors import ANY, BYTES, Spec, Tensor, Tensors, datatype


@dataclass(frozen=True)
class Limits:
    """How large a request may be.

    Attributes:
        max_bytes: bytes of all its tensors together.
        max_rows: sizes of first axes that the model leaves open. The front holds a thread and the
            worker a batch for so long as the rows take, and others wait.
    """

    max_bytes: int
    max_rows: int = 1024


def check(tensors: Tensors, specs: Sequence[Spec], limits: Limits) -> None:
    """Passes what the model can take.

    Raises:
        RequestError: 400, 413 or 422, as above.
    """
    check_names(tensors, specs)
    for spec in specs:
        _check_one(tensors[spec.name], spec, limits)
    size = sum(map(_bytes, tensors.values()))
    if size > limits.max_bytes:
        raise RequestError(
            413, f"the request has {size} bytes; at most {limits.max_bytes} are taken"
        )


def check_names(found: Collection[str], specs: Sequence[Spec]) -> None:
    """Passes exactly the model's inputs.

    Raises:
        RequestError: 400.
    """
    names = [spec.name for spec in specs]
    for name in found:
        if name not in names:
            raise RequestError(400, f"{shown(name)} is no input; {_expected(names)}")
    for name in names:
        if name not in found:
            raise RequestError(400, f"the input {shown(name)} is missing; {_expected(names)}")


def _expected(names: Sequence[str]) -> str:
    return f"the model takes {', '.join(map(shown, names))}"


def _check_one(tensor: Tensor, spec: Spec, limits: Limits) -> None:
    what = f"input {spec.name!r}"
    found = datatype(tensor)
    if found != spec.datatype:
        raise RequestError(422, f"{what} is {found}; expected is {spec.datatype}")
    if not _fits(tensor.shape, spec.shape):
        open_ones = f" ({ANY}: any size from 1)" if ANY in spec.shape else ""
        raise RequestError(
            422,
            f"{what} has shape {list(tensor.shape)}; expected is {list(spec.shape)}{open_ones}",
        )
    if counts_rows(spec) and tensor.shape[0] > limits.max_rows:
        raise RequestError(
            413, f"{what} has {tensor.shape[0]} rows; at most {limits.max_rows} are taken"
        )
    if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
        raise RequestError(422, f"{what} has NaN or infinite values")


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        size >= 1 and want in (ANY, size) for size, want in zip(shape, wanted, strict=True)
    )


def counts_rows(spec: Spec) -> bool:
    """Whether the first axis is a batch: open, and not the only axis of a series of numbers."""
    return spec.shape[:1] == (ANY,) and (len(spec.shape) > 1 or spec.datatype == BYTES)


def _bytes(tensor: Tensor) -> int:
    return sum(map(len, tensor.ravel())) if tensor.dtype == object else tensor.nbytes
