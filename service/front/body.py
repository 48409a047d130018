"""Reads the body of a request, and never more of it than is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from service.errors import RequestError

_PIECE = 65536

# A proxy makes 502 of a 413 when its connection is closed while it still sends, and a client's next
# request on it is lost. So what is refused is read to its end, up to this many bytes.
_MOST_DISCARDED = 64 * 2**20

# Base64 is 4/3 of what it carries, JSON numbers more; forms and protocol headers come on top.
_TEXT_OVER_BYTES = 1.4
_ENVELOPE_BYTES = 65536


def limit(kind: str, max_bytes: int) -> int:
    """Bytes that a body of a media type may have, so that max_bytes arrive in it."""
    if is_raw(kind):
        return max_bytes
    return int(max_bytes * _TEXT_OVER_BYTES) + _ENVELOPE_BYTES


def is_raw(kind: str) -> bool:
    """Whether a body of this media type is the bytes of one input, and nothing around them."""
    return kind.startswith("image/") or kind == "application/octet-stream"


def read(environ: Mapping[str, Any], most: int) -> bytes:
    """The body of a WSGI request.

    Raises:
        RequestError: 400 cut off, 408 too slow, 411 of unknown length, 413 above `most` bytes,
            415 compressed.
    """
    coding = environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise RequestError(415, f"Content-Encoding is {coding[:40]!r}; send the body uncompressed")
    given = environ.get("CONTENT_LENGTH") or ""
    try:
        if given.isdecimal():
            return _read_length(environ["wsgi.input"], int(given), most)
        if environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower() == "chunked":
            return _read_chunked(environ["wsgi.input"], most)
    except RequestError:
        raise
    except (TimeoutError, ConnectionError):
        raise RequestError(408, "the body did not come in time") from None
    except Exception as error:  # whatever a server raises for chunks that are none
        raise RequestError(400, f"the body is damaged: {type(error).__name__}") from None
    raise RequestError(411, "the body has no length; send Content-Length, or send it in chunks")


def _read_length(stream: BinaryIO, length: int, most: int) -> bytes:
    if length > most:
        raise _too_large(f"{length} bytes", most)
    pieces = []
    left = length
    while left:
        piece = stream.read(left)
        if not piece:
            raise RequestError(400, f"the body ends {left} bytes before its Content-Length")
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_chunked(stream: BinaryIO, most: int) -> bytes:
    pieces = []
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > most:
            raise _too_large(f"more than {most} bytes", most)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(found: str, most: int) -> RequestError:
    return RequestError(413, f"the body has {found}; at most {most} are taken")


def _number(given: str) -> int:
    return int(given) if given.isdecimal() else 0


def discard(environ: Mapping[str, Any]) -> None:
    """Reads what is left of a body that is refused, so that the connection can go on."""
    given = environ.get("CONTENT_LENGTH") or "0"
    # Without the mark a server's stream does not end with the body.
    if not environ.get("wsgi.input_terminated") or _number(given) > _MOST_DISCARDED:
        return
    left = _MOST_DISCARDED
    try:
        while left > 0 and (piece := environ["wsgi.input"].read(_PIECE)):
            left -= len(piece)
    except Exception:  # noqa: S110 - it was broken before, and its client has been told
        pass
