"""What `POST /infer` takes: raw bytes, a form with files, or JSON. Pure functions."""

from __future__ import annotations

import binascii
import io
from collections.abc import Sequence
from typing import IO

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from service.errors import RequestError
from service.front import inputs, strictjson
from service.front.body import is_raw
from service.front.lists import from_lists
from service.front.strictjson import shown
from service.tensors import BYTES, Spec, Tensor, Tensors, one

# A form has a file for each input; what else it may have is small.
_MOST_PARTS = 64


def tensors(content_type: str, body: bytes, specs: Sequence[Spec]) -> Tensors:
    """The inputs in a body, not yet checked against the model.

    Args:
        specs: the model's inputs.

    Raises:
        RequestError: 415 for another Content-Type, 400 for a body that is not what its type says,
            422 for JSON values that an input's datatype cannot have.
    """
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    if is_raw(kind) and takes_raw(specs):
        return {specs[0].name: _single(body, specs[0])}
    if kind == "multipart/form-data" and takes_files(specs):
        return _from_files(body, options.get("boundary", ""), specs)
    if kind == "application/json":
        return _from_json(body, specs)
    raise RequestError(
        415, f"Content-Type is {shown(kind) if kind else 'missing'}; {_forms(specs)}"
    )


def takes_raw(specs: Sequence[Spec]) -> bool:
    """Whether a body of nothing but bytes says all that the model wants to know."""
    return len(specs) == 1 and specs[0].datatype == BYTES


def takes_files(specs: Sequence[Spec]) -> bool:
    """Whether the model's inputs can come as files of a form."""
    return all(spec.datatype == BYTES for spec in specs)


def _forms(specs: Sequence[Spec]) -> str:
    names = ", ".join(shown(spec.name) for spec in specs)
    forms = [f"JSON with {names}"]
    if takes_files(specs):
        forms.insert(0, f"multipart/form-data with file fields {names}")
    if takes_raw(specs):
        forms.insert(0, f"the bytes of {names} as image/* or application/octet-stream")
    return f"send {', or '.join(forms)}"


def _single(data: bytes, spec: Spec) -> Tensor:
    if not data:
        raise RequestError(400, f"the input {shown(spec.name)} is empty: it has 0 bytes")
    return one(data).reshape((1,) * len(spec.shape))


def _in_memory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> IO[bytes]:
    """By default large files of a form go to the disk, which is read-only here."""
    return io.BytesIO()


def _from_files(body: bytes, boundary: str, specs: Sequence[Spec]) -> Tensors:
    parser = MultiPartParser(
        stream_factory=_in_memory,
        max_form_parts=_MOST_PARTS,
    )
    try:
        if not boundary:
            raise RequestError(400, "the Content-Type has no boundary; it is no form")
        fields, files = parser.parse(io.BytesIO(body), boundary.encode(), len(body))
    except (ValueError, HTTPException):
        raise RequestError(400, f"the form is damaged or cut off; {_forms(specs)}") from None
    found = [*files.keys(), *fields.keys()]
    if fields or not files:
        names = ", ".join(map(shown, found)) or "no field"
        raise RequestError(400, f"the form has {names}; {_forms(specs)}")
    inputs.check_names(found, specs)
    for name, contents in files.lists():
        if len(contents) > 1:
            raise RequestError(400, f"the form has {len(contents)} files named {shown(name)}")
    return {spec.name: _single(files[spec.name].read(), spec) for spec in specs}


def _from_json(body: bytes, specs: Sequence[Spec]) -> Tensors:
    document = strictjson.parse(body)
    if not isinstance(document, dict):
        raise RequestError(400, f"the JSON is {shown(document)}; expected is an object of inputs")
    inputs.check_names(document, specs)
    return {spec.name: _from_value(document[spec.name], spec) for spec in specs}


def _from_value(value: object, spec: Spec) -> Tensor:
    what = f"input {shown(spec.name)}"
    if spec.datatype != BYTES:
        return from_lists(spec.datatype, value, what)
    if isinstance(value, str):
        return _single(_decoded(value, what), spec)
    tensor = from_lists(BYTES, value, what)
    flat = tensor.ravel()
    flat[:] = [_decoded(element, what) for element in flat]
    return tensor


def _decoded(text: str | bytes, what: str) -> bytes:
    try:
        # In 60% of the time of base64.b64decode(validate=True), which looks at each byte twice.
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise RequestError(
            400, f"{what} is not base64; send plain base64, no data: URL and no line breaks"
        ) from None
