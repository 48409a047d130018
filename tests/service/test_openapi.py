"""schemathesis against the real server: its description holds, and no request is its undoing."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from local.service import Service
from service.front.routes import ROUTES

# What is taken and what is refused depends on more than the description here: random bytes are no
# image. The unit tests of the front check it with a model that takes all that fits its schema.
_ELSEWHERE = [positive_data_acceptance, negative_data_rejection, unsupported_method]


_MODES = [
    (route.path, mode)
    for route in ROUTES
    for mode in schemathesis.GenerationMode
    if route.body or mode is schemathesis.GenerationMode.POSITIVE  # else there is nothing to spoil
]


@pytest.mark.parametrize(("path", "mode"), _MODES)
def test_answers_are_as_described(
    v1_1: Service, path: str, mode: schemathesis.GenerationMode
) -> None:
    base = f"http://127.0.0.1:{v1_1.port}"
    described = schemathesis.openapi.from_url(f"{base}/openapi.json")
    (operation,) = described[path].values()

    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
    )
    def check(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=base, excluded_checks=_ELSEWHERE)

    check()
    assert v1_1.status("/health/ready") == 200
