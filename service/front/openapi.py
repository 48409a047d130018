"""The OpenAPI 3.1 description of the front, from its routes and the model that it serves."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from service.front import schemas
from service.front.routes import REQUEST_ID_HEADER, ROUTES, VERSION_HEADER, Route
from service.front.schemas import Content
from service.front.v2 import HEADER_LENGTH
from service.workers.messages import Ready

_BINARY_FORM = (
    "As application/octet-stream: the JSON, then the data of those inputs and outputs that have "
    f"`binary_data_size` in their parameters. The header {HEADER_LENGTH} gives the length of the "
    "JSON; 0 means that the body is the data of the only input."
)
_ERROR = {"application/json": {"$ref": "#/components/schemas/Error"}}
_STRING = {"schema": {"type": "string"}}


def describe(name: str, version: str, model: Ready) -> dict[str, Any]:
    """The description of the front that serves this version of a model."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        operations = paths.setdefault(route.path, {})
        operations[route.method.lower()] = _operation(route, name, version, model)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{name} {version}",
            "version": version,
            "description": "A PaddlePaddle model. Errors are JSON with what was found and what is "
            "expected; which status means what: docs/serving.md.",
        },
        "paths": paths,
        "components": {"schemas": {"Error": schemas.ERROR}},
    }


def _operation(route: Route, name: str, version: str, model: Ready) -> dict[str, Any]:
    headers = {REQUEST_ID_HEADER: {**_STRING, "required": True}}
    if route.inference:
        headers[VERSION_HEADER] = {"schema": {"const": version}, "required": True}
    contents = dict.fromkeys(route.errors, _ERROR)
    contents |= {status: build(model) for status, build in route.answers.items()}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": list(_parameters(route, name, version)),
        "responses": {
            str(status): {
                "description": HTTPStatus(status).phrase,
                "headers": headers,
                "content": _content(content),
            }
            for status, content in sorted(contents.items())
        },
    }
    if route.body is not None:
        content = route.body(model)
        operation["requestBody"] = {"required": True, "content": _content(content)}
        if route.view == "v2_infer":
            operation["requestBody"]["description"] = _BINARY_FORM
    return operation


def _parameters(route: Route, name: str, version: str) -> Iterator[dict[str, Any]]:
    for variable, value in (("model", name), ("version", version)):
        if f"{{{variable}}}" in route.path:
            schema = {"enum": [value]}
            yield {"name": variable, "in": "path", "required": True, "schema": schema}
    if route.inference:
        yield {
            "name": REQUEST_ID_HEADER,
            "in": "header",
            "description": "1 to 128 printable ASCII characters; made if absent or other",
            **_STRING,
        }


def _content(content: Content) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type, schema in content.items()}
