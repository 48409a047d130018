"""JSON from strangers: what is taken is UTF-8, not deep, and means the same to every parser.

Pure functions; they raise `RequestError` with a message for the client.
"""

from __future__ import annotations

import json
import re
import reprlib
from collections import Counter
from typing import Any, NoReturn

import numpy as np

from service.errors import RequestError

# Lists and objects inside each other. Python's parser calls itself for each; tensors of real models
# have at most 5 axes.
MAX_DEPTH = 32

# Values in one body. Python needs up to 64 bytes for each, 20 times what an empty list takes to
# send.
MAX_VALUES = 2**20

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_TEXT = re.compile(rb'"[^"]*"?')
_OTHERS = bytes(set(range(256)) - set(b'"[]{}'))
_STEPS = np.zeros(256, np.int32)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1

_short = reprlib.Repr()
_short.maxlevel = 2
_short.maxstring = _short.maxother = 60


def parse(body: bytes) -> object:
    """The value that a body holds.

    Raises:
        RequestError: 413 for too many values, else 400: no JSON, not UTF-8, too deep, a name twice
            in an object, or NaN or Infinity, which Python's parser takes and JSON does not have.
    """
    opened = body.count(b"[") + body.count(b"{")
    values = opened + body.count(b",")
    if values > MAX_VALUES:
        raise RequestError(
            413, f"the JSON has about {values} values; at most {MAX_VALUES} are taken, send binary"
        )
    depth = opened if opened <= MAX_DEPTH else _depth(body)
    if depth > MAX_DEPTH:
        raise RequestError(400, f"the JSON is {depth} levels deep; at most {MAX_DEPTH} are taken")
    try:
        # Decoded here: json.loads would guess UTF-16, which `_depth` does not read.
        text = body.decode()
        value: object = json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the JSON is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RequestError(400, f"the body is not JSON: {error.msg} at {where}") from None
    except ValueError:  # an integer of more digits than Python converts
        raise RequestError(400, "the JSON has a number of thousands of digits") from None
    return value


def _depth(body: bytes) -> int:
    """Levels of lists and objects; never less than a parser would meet before it gives up."""
    escaped = _ESCAPE.sub(b"", body) if b"\\" in body else body
    brackets = _TEXT.sub(b"", escaped.translate(None, _OTHERS))
    return int(_STEPS[np.frombuffer(brackets, np.uint8)].cumsum().max(initial=0))


def _no_number(literal: str) -> NoReturn:
    raise RequestError(400, f"the JSON has {literal}, which is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise RequestError(400, f"the JSON has the name {shown(twice)} twice in one object")
    return names


def shown(value: object) -> str:
    """A client's value as messages show it: quoted, short however long it is, printable ASCII."""
    return _short.repr(value).encode("ascii", "backslashreplace").decode()
