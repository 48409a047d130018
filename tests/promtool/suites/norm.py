"""The traffic norm, through weeks of half hours."""

from __future__ import annotations

from monitoring.rules.series import (
    FLOOR,
    MODEL_REQUESTS,
    MODEL_REQUESTS_1H,
    MODEL_REQUESTS_30M,
    NORM,
    SLO_TRAFFIC_DROP,
)
from tests.promtool.fleet import ELSEWHERE, LAYOUT, OCR, recorded
from tests.promtool.scenario import Scenario, Suite, Values, gauge, seconds, series, values

HALF_HOUR = 1800
ELSE = {**OCR, "namespace": ELSEWHERE}

# Days since the test began, at noon: the hour around it has a rate of its own each week.
NOON = 3 * 24 + 12
BEFORE, AFTER = f"{NOON}h", f"{7 * 24 - NOON - 1}h"


def weeks(*noons: float, usual: float) -> Values:
    """A rate for each week's noon, and a usual one for all other hours."""
    parts: list[tuple[float | None, str]] = []
    for noon in noons:
        parts += [(usual, BEFORE), (noon, "1h"), (usual, AFTER)]
    return gauge(*parts, step=HALF_HOUR)


def noon(week: int) -> str:
    """The middle of the hour in a week, counted from 0."""
    return f"{week * 7 * 24 + NOON}h"


LONG = [
    Scenario(
        "the norm is the median of the same hour in the last three weeks, or in what there is",
        {
            **recorded(MODEL_REQUESTS, OCR, weeks(10, 40, 30, 7, usual=1000)),
            **{
                series(name, **ELSE): weeks(*[1] * 4, usual=1)
                for name in (MODEL_REQUESTS, MODEL_REQUESTS_1H, SLO_TRAFFIC_DROP)
            },
            **recorded(SLO_TRAFFIC_DROP, OCR, weeks(*[0.5] * 4, usual=0.5)),
        },
        [
            values(noon(0), NORM, {}),
            values(noon(1), NORM, {series(**OCR): 10}),
            values(noon(2), NORM, {series(**OCR): 25}),
            values(noon(3), NORM, {series(**OCR): 30}),
            values(noon(3), FLOOR, {series(**OCR): 15}),
        ],
    ),
    Scenario(
        "a model younger than a week has no norm, beside one with a norm and a drop of its own",
        {
            **recorded(MODEL_REQUESTS, OCR, [*[None] * (2 * 7 * 24), *weeks(5, usual=5)]),
            **recorded(MODEL_REQUESTS, LAYOUT, weeks(80, 8, usual=16)),
            **recorded(SLO_TRAFFIC_DROP, OCR, weeks(0.5, 0.5, usual=0.5)),
            **recorded(SLO_TRAFFIC_DROP, LAYOUT, weeks(0.75, 0.75, usual=0.75)),
        },
        [
            values(noon(1), NORM, {series(**LAYOUT): 80}),
            values(noon(1), FLOOR, {series(**LAYOUT): 20}),
            # Half an hour before and after, half of what was then is of the usual rate.
            values(f"{7 * 24 + NOON - 1}h30m", NORM, {series(**LAYOUT): (80 + 16) / 2}),
            values(f"{7 * 24 + NOON}h30m", NORM, {series(**LAYOUT): (80 + 16) / 2}),
            values(f"{7 * 24 + NOON + 1}h", NORM, {series(**LAYOUT): 16}),
        ],
    ),
]

SHORT = [
    Scenario(
        "averages over half an hour and an hour are of what there is, for this stack",
        {
            **recorded(
                MODEL_REQUESTS,
                OCR,
                gauge((None, "10m"), (2, "15m"), (6, "30m"), (0, "15m"), (0, "30m")),
            ),
            **recorded(MODEL_REQUESTS, ELSE, gauge((3, "90m"))),
        },
        [
            values("20m", MODEL_REQUESTS_30M, {series(**OCR): 2}),
            values("39m45s", MODEL_REQUESTS_30M, {series(**OCR): 4}),
            values("54m45s", MODEL_REQUESTS_30M, {series(**OCR): 6}),
            values("20m", MODEL_REQUESTS_1H, {series(**OCR): 2}),
            values("54m45s", MODEL_REQUESTS_1H, {series(**OCR): (15 * 2 + 30 * 6) / 45}),
            values("69m45s", MODEL_REQUESTS_1H, {series(**OCR): (15 * 2 + 30 * 6) / 60}),
            values("84m45s", MODEL_REQUESTS_1H, {series(**OCR): 30 * 6 / 60}),
        ],
    ),
    Scenario(
        "the norm of another stack makes no floor here",
        {series(name, **ELSE): [1] for name in (NORM, SLO_TRAFFIC_DROP)},
        [values("0s", FLOOR, {})],
    ),
]

SUITES = [
    Suite("norm-averages", ["norm"], SHORT),
    Suite("norm", ["norm"], LONG, step=seconds("30m")),
]
