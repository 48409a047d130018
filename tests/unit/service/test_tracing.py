"""Traces are off unless an endpoint is set; without their packages that ends the start."""

from __future__ import annotations

import sys

import pytest
from flask import Flask

from service.errors import StartError
from service.front.tracing import instrument


def test_without_an_endpoint_nothing_is_imported() -> None:
    app = Flask("app")
    before = app.wsgi_app
    instrument(app, "ocr", "v1.1", {})
    assert app.wsgi_app == before
    assert "opentelemetry.instrumentation.flask" not in sys.modules


def test_an_endpoint_without_the_packages_says_how_to_get_them() -> None:
    with pytest.raises(StartError, match=r"--build-arg TRACES=requirements-traces\.txt"):
        instrument(Flask("app"), "ocr", "v1.1", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://traces"})
