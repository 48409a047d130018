"""From tensors to the body of an inference answer; and what the protocol tells about a model."""

from __future__ import annotations

import json
from typing import Any

from service.errors import RequestError
from service.front.strictjson import shown
from service.front.v2 import BINARY, HEADER_LENGTH, JSON
from service.front.v2.request import Request
from service.tensors import Spec, Tensor, Tensors, datatype, to_bytes
from service.workers.messages import Ready


def encode(
    model: str, version: str, request: Request, outputs: Tensors
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an answer.

    Raises:
        RequestError: 400 when bytes that are no text are wanted as JSON, 500 for NaN in an output.
    """
    head: dict[str, Any] = {"model_name": model, "model_version": version}
    if request.id is not None:
        head["id"] = request.id
    parts: list[bytes] = []
    head["outputs"] = []
    for name, binary in request.outputs.items():
        tensor = outputs[name]
        entry: dict[str, Any] = {
            "name": name,
            "datatype": datatype(tensor),
            "shape": list(tensor.shape),
        }
        if binary:
            parts.append(to_bytes(tensor))
            entry["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            entry["data"] = _listed(name, tensor)
        head["outputs"].append(entry)
    try:
        header = json.dumps(head, allow_nan=False).encode()
    except ValueError:
        raise RequestError(500, "the model's answer has NaN or infinite values") from None
    if not any(request.outputs.values()):
        return header, {"Content-Type": JSON}
    headers = {"Content-Type": BINARY, HEADER_LENGTH: str(len(header))}
    return b"".join([header, *parts]), headers


def _listed(name: str, tensor: Tensor) -> list[Any]:
    flat: list[Any] = tensor.ravel().tolist()
    if tensor.dtype != object:
        return flat
    try:
        return [element.decode() for element in flat]
    except UnicodeDecodeError:
        raise RequestError(
            400,
            f"the output {shown(name)} has bytes that are no text; ask for it with "
            '"parameters": {"binary_data": true}',
        ) from None


def metadata(model: str, version: str, ready: Ready) -> dict[str, Any]:
    """What the protocol tells about a model."""
    return {
        "name": model,
        "versions": [version],
        "platform": "paddle_inference",
        "inputs": [_described(spec) for spec in ready.inputs],
        "outputs": [_described(spec) for spec in ready.outputs],
    }


def _described(spec: Spec) -> dict[str, Any]:
    return {"name": spec.name, "datatype": spec.datatype, "shape": list(spec.shape)}
