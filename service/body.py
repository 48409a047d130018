"""From the body of a request to the bytes of one image, in the three forms that /infer takes."""

from __future__ import annotations

import base64
import binascii

from flask import Request
from werkzeug.exceptions import BadRequest

from service.errors import RequestError

_FORMS = (
    "send the image as raw bytes with Content-Type image/*, as multipart/form-data with the file "
    'field "image", or as JSON {"image": "<base64>"}'
)


def image_bytes(request: Request, max_bytes: int) -> bytes:
    """The image in the request, not decoded.

    Raises:
        RequestError: 415 for another Content-Type, 400 for a body without an image, 413 for an
            image above max_bytes.
    """
    kind = request.mimetype
    if kind.startswith("image/") or kind == "application/octet-stream":
        image = request.get_data(cache=False)
    elif kind == "multipart/form-data":
        image = _from_multipart(request)
    elif kind == "application/json":
        image = _from_json(request)
    else:
        raise RequestError(415, f"Content-Type is {kind or 'missing'!r}; {_FORMS}")
    if not image:
        raise RequestError(400, f"the image is empty; {_FORMS}")
    if len(image) > max_bytes:
        raise RequestError(413, f"the image has {len(image)} bytes; at most {max_bytes} are taken")
    return image


def _from_multipart(request: Request) -> bytes:
    file = request.files.get("image")
    if file is None:
        found = ", ".join(sorted({*request.files, *request.form})) or "no field"
        raise RequestError(400, f'the form has {found}; send a file field named "image"')
    content: bytes = file.read()
    return content


def _from_json(request: Request) -> bytes:
    try:
        document = request.get_json(cache=False)
    except (BadRequest, RecursionError):
        raise RequestError(400, 'the body is not JSON; send {"image": "<base64>"}') from None
    text = document.get("image") if isinstance(document, dict) else None
    if not isinstance(text, str):
        raise RequestError(400, 'the JSON has no text "image"; send {"image": "<base64>"}')
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(400, '"image" is not base64; send plain base64, no data: URL') from None
