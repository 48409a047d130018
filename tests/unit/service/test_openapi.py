"""The description says what the front does: schemathesis tries to find where it does not."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from service.front.openapi import describe
from service.front.routes import ROUTES
from service.workers.messages import Ready
from tests.unit.service.stub import FIXED, OCR, TABLE, StubPool, app

# It knows neither 411 nor 413 as a way to say no.
_CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": [200]},
            "negative_data_rejection": {"expected-statuses": [400, 404, 405, 411, 413, 415, 422]},
        }
    }
)
Case = schemathesis.Case[Any]
_some = settings(
    max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)


def _app(model: Ready) -> Flask:
    return app(StubPool(model), ACCESS_LOG_SAMPLE="0")


def _schema(model: Ready) -> BaseSchema:
    return schemathesis.openapi.from_wsgi("/openapi.json", _app(model), config=_CONFIG)


def _check(case: Case) -> None:
    # The binary form, JSON with bytes behind it, is more than a schema can say.
    binary = case.media_type == "application/octet-stream" and case.path.startswith("/v2/")
    case.call_and_validate(excluded_checks=[positive_data_acceptance] if binary else [])


_OF_BYTES = _schema(OCR)
_OF_NUMBERS = _schema(FIXED)


@_OF_BYTES.parametrize()
@_some
def test_a_model_of_bytes_does_what_its_description_says(case: Case) -> None:
    _check(case)


@_OF_NUMBERS.parametrize()
@_some
def test_a_model_of_numbers_does_what_its_description_says(case: Case) -> None:
    _check(case)


@pytest.mark.parametrize("model", [OCR, TABLE, FIXED])
def test_the_description_is_openapi(model: Ready) -> None:
    validate(describe("ocr", "v1.1", model))


def test_the_description_has_every_rule_of_the_app() -> None:
    rules = {
        (rule.rule, method)
        for rule in _app(OCR).url_map.iter_rules()
        for method in rule.methods or ()
    }
    described = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, operations in describe("ocr", "v1.1", OCR)["paths"].items()
        for method in operations
    }
    assert {(rule, method) for rule, method in rules if method != "HEAD"} == described
    assert len(described) == len(ROUTES)


def test_a_body_is_described_as_the_model_takes_it() -> None:
    def media_types(model: Ready) -> set[str]:
        infer = describe("ocr", "v1.1", model)["paths"]["/infer"]["post"]
        return set(infer["requestBody"]["content"])

    json_only = {"application/json"}
    raw = {"image/*", "application/octet-stream", "multipart/form-data"}
    assert media_types(OCR) == json_only | raw
    assert media_types(TABLE) == json_only
