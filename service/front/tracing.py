"""Traces, if wanted: OpenTelemetry's own instrumentation of Flask, sent by OTLP over HTTP.

Its environment variables apply (https://opentelemetry.io/docs/specs/otel/protocol/exporter/), and
OTEL_EXPORTER_OTLP_ENDPOINT switches it on.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from service.errors import StartError

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

# Requests of machines that come every few seconds and say nothing about the model.
_LEFT_OUT = "/health/.*,/metrics"


def instrument(app: Flask, model: str, version: str, env: Mapping[str, str]) -> None:
    """Makes each request to the app a span; does nothing without an endpoint.

    Raises:
        StartError: an endpoint is set, and the packages are not there.
    """
    if not env.get(_ENDPOINT):
        return
    try:
        # Imported here: most images are built without them.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as missing:
        raise StartError(
            f"{_ENDPOINT} is set and {missing.name} is missing: build the image with "
            "--build-arg TRACES=requirements-traces.txt, or unset the variable"
        ) from None
    resource = Resource.create({"service.name": model, "service.version": version})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    FlaskInstrumentor().instrument_app(app, tracer_provider=provider, excluded_urls=_LEFT_OUT)
