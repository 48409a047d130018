"""How to ask a server, and where its answer has the lines."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.load.generate import Request
from bench.pages.folder import Sheet


@dataclass(frozen=True)
class Api:
    """Makes the request for a page, and brings an answer into the form of ours.

    `answer` may raise ValueError, KeyError or TypeError when it is something else.
    """

    request: Callable[[Sheet], Request]
    answer: Callable[[bytes], bytes]


def _ours(sheet: Sheet) -> Request:
    return Request("/infer", sheet.content_type, sheet.image)


def _paddlex(sheet: Sheet) -> Request:
    file = base64.b64encode(sheet.image).decode()
    body = {"file": file, "fileType": 1, "visualize": False}
    return Request("/ocr", "application/json", json.dumps(body).encode())


def _from_paddlex(answer: bytes) -> bytes:
    (found,) = json.loads(answer)["result"]["ocrResults"]
    page: dict[str, Any] = found["prunedResult"]
    lines = [
        {"text": text, "score": score, "box": box}
        for text, score, box in zip(
            page["rec_texts"], page["rec_scores"], page["rec_polys"], strict=True
        )
    ]
    # It turns lines that are upside down, and leaves them in the order of the page as it lies.
    angles = page["textline_orientation_angles"]
    if sum(angle == 1 for angle in angles) > len(angles) / 2:
        lines.reverse()
    return json.dumps({"lines": lines}).encode()


APIS = {"infer": Api(_ours, lambda answer: answer), "paddlex": Api(_paddlex, _from_paddlex)}
