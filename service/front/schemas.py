"""JSON Schemas of requests and answers, made of what the model says of itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from service.front.plain import takes_files, takes_raw
from service.front.v2 import BINARY, JSON
from service.tensors import ANY, BYTES, DATATYPES, Spec
from service.workers.messages import Ready

Schema = dict[str, Any]
Content = dict[str, Schema]
"""Schemas by media type."""

_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"

ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
STATUS: Schema = {
    "type": "object",
    "properties": {"status": {"type": "string"}},
    "required": ["status"],
}


def infer_body(model: Ready) -> Content:
    """What `POST /infer` takes."""
    names = [spec.name for spec in model.inputs]
    content: Content = {JSON: _object({spec.name: _plain(spec) for spec in model.inputs}, names)}
    content[JSON]["additionalProperties"] = False
    octets = {"type": "string", "format": "binary", "minLength": 1}
    if takes_raw(model.inputs):
        content["image/*"] = content[BINARY] = octets
    if takes_files(model.inputs):
        form = _object(dict.fromkeys(names, octets), names)
        content["multipart/form-data"] = {**form, "additionalProperties": False}
    return content


def infer_answer(_model: Ready) -> Content:
    """The handler's own document."""
    return {JSON: {}}


def v2_body(model: Ready) -> Content:
    """What an inference request of the protocol is; its binary form has no schema."""
    inputs: Schema = {
        "type": "array",
        "items": {"anyOf": [_input(spec) for spec in model.inputs]},
        "minItems": len(model.inputs),
        "maxItems": len(model.inputs),
    }
    if len(model.inputs) > 1:
        inputs["allOf"] = [_contains(spec.name) for spec in model.inputs]
    outputs: Schema = {
        "type": "array",
        "items": _object(
            {
                "name": {"enum": [spec.name for spec in model.outputs]},
                "parameters": _parameters(
                    binary_data={"type": "boolean"},
                    classification=False,
                    shared_memory_region=False,
                ),
            },
            ["name"],
        ),
        "maxItems": len(model.outputs),
    }
    if len(model.outputs) > 1:
        outputs["allOf"] = [
            {**_contains(spec.name), "minContains": 0, "maxContains": 1} for spec in model.outputs
        ]
    properties = {
        "id": {"type": "string", "maxLength": 1024},
        "parameters": _parameters(binary_data_output={"type": "boolean"}),
        "inputs": inputs,
        "outputs": outputs,
    }
    return {JSON: _object(properties, ["inputs"]), BINARY: {}}


def v2_answer(model: Ready) -> Content:
    """What the protocol answers to an inference."""
    output = {
        "name": {"enum": [spec.name for spec in model.outputs]},
        "datatype": {"enum": list(DATATYPES)},
        "shape": _integers(0),
        "data": {"type": "array"},
        "parameters": {"type": "object"},
    }
    properties = {
        "model_name": {"type": "string"},
        "model_version": {"type": "string"},
        "id": {"type": "string"},
        "outputs": {"type": "array", "items": _object(output, ["name", "datatype", "shape"])},
    }
    return {JSON: _object(properties, ["model_name", "outputs"]), BINARY: {}}


def metadata(_model: Ready) -> Content:
    """What the protocol tells about a model."""
    tensor = _object(
        {
            "name": {"type": "string"},
            "datatype": {"enum": list(DATATYPES)},
            "shape": _integers(ANY),
        },
        ["name", "datatype", "shape"],
    )
    texts = {"name": {"type": "string"}, "platform": {"type": "string"}}
    lists = {
        "versions": {"type": "array", "items": {"type": "string"}},
        "inputs": {"type": "array", "items": tensor},
        "outputs": {"type": "array", "items": tensor},
    }
    return {JSON: _object({**texts, **lists}, ["name", "platform", "inputs", "outputs"])}


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required}


def _contains(name: str) -> Schema:
    return {"contains": _object({"name": {"const": name}}, ["name"])}


def _parameters(**known: Schema | bool) -> Schema:
    return {"type": "object", "properties": known}


def _integers(least: int) -> Schema:
    return {"type": "array", "items": {"type": "integer", "minimum": least}}


def _plain(spec: Spec) -> Schema:
    if spec.datatype != BYTES:
        return _nested(spec.shape, _element(spec.datatype))
    base64 = {
        "type": "string",
        "contentEncoding": "base64",
        "pattern": _BASE64,
        "minLength": 4,
    }
    nested = _nested(spec.shape, base64)
    return {"anyOf": [base64, nested]} if set(spec.shape) <= {1, ANY} else nested


def _input(spec: Spec) -> Schema:
    element = _element(spec.datatype)
    shape: Schema = {"const": list(spec.shape)}
    flat: Schema = {"type": "array", "items": element, "minItems": 1}
    if ANY in spec.shape:
        length = len(spec.shape)
        shape = {**_integers(1), "minItems": length, "maxItems": length}
    else:
        flat["minItems"] = flat["maxItems"] = math.prod(spec.shape)
    return _object(
        {
            "name": {"const": spec.name},
            "datatype": {"const": spec.datatype},
            "shape": shape,
            "parameters": _parameters(binary_data_size=False),
            "data": {"anyOf": [flat, _nested(spec.shape, element)]},
        },
        ["name", "datatype", "shape", "data"],
    )


def _nested(shape: tuple[int, ...], element: Schema) -> Schema:
    for size in reversed(shape):
        element = {"type": "array", "items": element, "minItems": max(1, size)}
        if size != ANY:
            element["maxItems"] = size
    return element


def _element(kind: str) -> Schema:
    dtype = DATATYPES[kind]
    if dtype.kind in "iu":
        ends = np.iinfo(dtype)
        return {"type": "integer", "minimum": int(ends.min), "maximum": int(ends.max)}
    if dtype.kind == "f":
        bounds = np.finfo(dtype)
        if dtype == np.float64:
            return {"type": "number", "minimum": float(bounds.min), "maximum": float(bounds.max)}
        # A number is taken as long as it does not round to infinity.
        end = (2 - 2.0 ** -(bounds.nmant + 1)) * 2.0 ** (bounds.maxexp - 1)
        return {"type": "number", "exclusiveMinimum": -end, "exclusiveMaximum": end}
    return {"type": "boolean" if dtype.kind == "b" else "string"}
