"""What the stack file says of each model, as series."""

from __future__ import annotations

from monitoring.rules.series import (
    MODEL_INFO,
    SLO_ERROR_RATIO,
    SLO_P99,
    SLO_TRAFFIC_DROP,
    VERSION_INFO,
)
from tests.promtool.fleet import ELSEWHERE, LAYOUT, NAMESPACE, OCR, QUIET
from tests.promtool.scenario import Scenario, Suite, series, values

OWNED = {"ocr": OCR | {"owner": "vision"}}
OWNED |= {of["model"]: of | {"owner": "platform"} for of in (LAYOUT, QUIET)}


def _by_model(ocr: float, layout: float) -> dict[str, float]:
    """A value for each model that has pods; `quiet` has the defaults, as `ocr` has."""
    values = {"ocr": ocr, "layout": layout, "quiet": ocr}
    return {series(**OWNED[model]): value for model, value in values.items()}


EXPECTED: dict[str, dict[str, float]] = {
    MODEL_INFO: _by_model(1, 1),
    SLO_ERROR_RATIO: _by_model(0.01, 0.0625),
    SLO_P99: _by_model(0.5, 1),
    SLO_TRAFFIC_DROP: _by_model(0.5, 0.75),
    VERSION_INFO: {
        series(**of, version=version): 1 for of in OWNED.values() for version in ("v1", "v2")
    },
}

CONSTANTS = {
    name + labels: value for name, found in EXPECTED.items() for labels, value in found.items()
} | {
    series(name, namespace=ELSEWHERE, model=model, owner="others", **version): value
    for name, value in (
        (MODEL_INFO, 1),
        (SLO_ERROR_RATIO, 0),
        (SLO_P99, 0),
        (SLO_TRAFFIC_DROP, 0),
        (VERSION_INFO, 1),
    )
    for model in ("ocr", "layout")
    for version in ([{"version": "v1"}, {"version": "v2"}] if name == VERSION_INFO else [{}])
}
CONSTANTS |= {
    series(name, namespace=NAMESPACE, model="another", owner="others"): 9
    for name in (SLO_ERROR_RATIO, SLO_P99)
}
"""The same as series, for suites without the rules that make them; those of another stack, with
models of the same names and objectives that everything violates; and objectives of a second model
that leaves everything as it is."""

SUITES = [
    Suite(
        "constants",
        ["constants"],
        [
            Scenario(
                "objectives carry the owner; parked models and versions have none",
                {},
                [values("0s", name, found) for name, found in EXPECTED.items()],
            )
        ],
    )
]
