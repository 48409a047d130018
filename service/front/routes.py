"""Every path of the front, as data: Flask's rules and the OpenAPI description both come from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from service.front import schemas
from service.front.schemas import Content
from service.workers.messages import Ready

VERSION_HEADER = "X-Model-Version"
REQUEST_ID_HEADER = "X-Request-Id"

Build = Callable[[Ready], Content]

# Statuses of `service.front.inputs` and of the pool that any inference can have.
_INFERENCE_ERRORS = (400, 408, 411, 413, 415, 422, 500, 503, 504)


@dataclass(frozen=True)
class Route:
    """One operation.

    Attributes:
        path: as OpenAPI writes it, with {model} and {version}.
        view: name of the function that answers; the description's operationId comes from it.
        answers: content by status, where it is not an error's.
        errors: statuses with {"error": ...}.
        body: content that it takes; None where it takes none.
        inference: its answers are counted, and name the model's version.
    """

    method: str
    path: str
    view: str
    summary: str
    answers: Mapping[int, Build]
    errors: tuple[int, ...] = ()
    body: Build | None = field(default=None)
    inference: bool = False

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def name(self) -> str:
        """Unique, also where one view has two paths."""
        return f"{self.view}_version" if "{version}" in self.path else self.view


def _json(schema: schemas.Schema) -> Build:
    return lambda _model: {"application/json": schema}


_METRICS: Content = {
    media_type: {"type": "string"} for media_type in ("text/plain", "application/openmetrics-text")
}


def _health(name: str, summary: str) -> Route:
    answer = _json(schemas.STATUS)
    return Route("GET", f"/health/{name}", name, summary, {200: answer, 503: answer})


def _flag(name: str) -> Build:
    return _json({"type": "object", "properties": {name: {"type": "boolean"}}, "required": [name]})


_OBJECT = _json({"type": "object"})

_OF_A_MODEL = (
    Route("GET", "", "v2_model", "The model's inputs and outputs",
          {200: schemas.metadata}, (404, 503)),
    Route("GET", "/ready", "v2_model_ready", "The model takes requests",
          {200: _flag("ready"), 503: _flag("ready")}, (404,)),
    Route("POST", "/infer", "v2_infer", "Inference, Open Inference Protocol",
          {200: schemas.v2_answer}, (*_INFERENCE_ERRORS, 404), schemas.v2_body, inference=True),
)  # fmt: skip


def _models() -> Iterator[Route]:
    for route in _OF_A_MODEL:
        for prefix in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
            yield Route(**{**vars(route), "path": prefix + route.path})


ROUTES = (
    Route("POST", "/infer", "infer", "Inference, answered with the handler's document",
          {200: schemas.infer_answer}, _INFERENCE_ERRORS, schemas.infer_body, inference=True),
    Route("GET", "/v2", "v2_server", "What this server is", {200: _OBJECT}),
    Route("GET", "/v2/health/live", "v2_live", "The server answers", {200: _flag("live")}),
    Route("GET", "/v2/health/ready", "v2_ready", "The model takes requests",
          {200: _flag("ready"), 503: _flag("ready")}),
    *_models(),
    _health("startup", "Every worker has loaded and warmed up the model"),
    _health("ready", "New requests are welcome"),
    _health("live", "The front answers"),
    Route("GET", "/metrics", "metrics", "Prometheus or OpenMetrics text",
          {200: lambda _model: _METRICS}, (404,)),
    Route("GET", "/openapi.json", "openapi", "This description", {200: _OBJECT}, (503,)),
)  # fmt: skip
