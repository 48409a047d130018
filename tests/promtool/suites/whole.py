"""All groups together, from what is scraped: a release that goes well, and faults one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from monitoring.rules.series import FLOOR
from tests.promtool import scenario
from tests.promtool.fleet import (
    EXPORTER,
    LAYOUT1,
    LAYOUT2,
    OCR,
    OCR1,
    OCR2,
    buckets,
    endpoints,
    errors,
    pod,
    recorded,
    requests,
    weight,
)
from tests.promtool.run import family, rules
from tests.promtool.scenario import Check, Scenario, Suite, Values, series, values
from tests.promtool.suites.objectives import VISION, VISION_WARNED
from tests.promtool.suites.presence import read

TIME = "80m"
STEP = 60
counter = partial(scenario.counter, step=STEP)
gauge = partial(scenario.gauge, step=STEP)
GROUPS = tuple(map(family, rules()["groups"]))

Parts = tuple[tuple[float, str], ...]
STEADY: Parts = ((10, TIME),)


def version(
    of: Mapping[str, str],
    rate: Sequence[tuple[float | None, str]],
    *,
    bad: Parts = ((0, TIME),),
    slow: float = 0,
    at_gateway: Parts | None = None,
    dead: Parts = ((0, TIME),),
) -> dict[str, Values]:
    """One version with one pod: what pod and gateway count of it.

    rate: requests per second that the pod answers; bad: errors among them; slow: share of them
    above the objective; at_gateway: requests per second that the gateway sends, if not the same;
    dead: those that it gets no answer for.
    """
    counted = counter(*rate)
    slots = {"job": "gateway", "service": f"{of['model']}-{of['version']}"}
    return {
        **requests(pod(of), counted),
        **errors(pod(of), counter(*bad)),
        **buckets(
            pod(of),
            {
                le: [None if value is None else value * share for value in counted]
                for le, share in (("0.1", 1 - slow), ("2", 1), ("+Inf", 1))
            },
        ),
        series("traefik_service_requests_total", **slots, code="200"): counter(
            *(at_gateway or rate)
        ),
        series("traefik_service_requests_total", **slots, code="502"): counter(*dead),
        series("paddle_canary_route_info", **EXPORTER, **of, slot=slots["service"]): gauge(
            (1, TIME)
        ),
        series("up", **pod(of)): gauge((1, TIME)),
    }


HEALTHY: dict[str, Values] = {
    **read([float(STEP * each) for each in range(len(gauge((0, TIME))))]),
    **{series("up", job=job): gauge((1, TIME)) for job in ("gateway", "relay")},
    **version(LAYOUT1, STEADY),
    **version(LAYOUT2, ((0, TIME),)),
    **weight(LAYOUT1, "stable", gauge((100, TIME))),
    **weight(LAYOUT2, "canary", gauge((0, TIME))),
    **endpoints(LAYOUT1, "stable", gauge((1, TIME))),
    **endpoints(LAYOUT2, "canary", gauge((1, TIME))),
    # A norm of 10 requests/s, half of which is the floor.
    **recorded(FLOOR, OCR, gauge((5, TIME))),
    **weight(OCR1, "stable", gauge((95, TIME))),
    **weight(OCR2, "canary", gauge((5, TIME))),
    **endpoints(OCR1, "stable", gauge((2, TIME))),
    **endpoints(OCR2, "canary", gauge((1, TIME))),
    **version(OCR1, ((9.5, TIME),)),
    **version(OCR2, ((0.5, TIME),)),
}

NEWS = 'ALERTS{alertname!="Watchdog"}'


def nothing(*times: str) -> list[Check]:
    """No alert, not even one that waits, but for the watchdog."""
    return [values(time, NEWS, {}) for time in times]


def news(time: str, *firing: Mapping[str, str]) -> Check:
    """Exactly these alerts fire."""
    expr = NEWS.replace("{", '{alertstate="firing",')
    return values(time, expr, {series(alertstate="firing", **each): 1 for each in firing})


def named(name: str, *labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of an alert."""
    return {"alertname": name, **{key: value for part in labels for key, value in part.items()}}


STEPS = (5, 20, 50, 100)


def steps(share: int) -> Parts:
    """What a version gets of 10 requests/s while the weight goes up every 15 minutes."""
    until_full = ((abs(share - step) / 10, "15m") for step in STEPS)
    return (*until_full, (abs(share - 100) / 10, "20m"))


def few_errors(rate: Parts) -> Parts:
    """One error in a thousand requests."""
    return tuple((each / 1000, time) for each, time in rate)


RELEASE = [
    Scenario(
        "a release from 5% to promotion is no alert: no fall of traffic, no share that is off",
        {
            **HEALTHY,
            **version(OCR1, steps(100), bad=few_errors(steps(100))),
            **version(OCR2, steps(0), bad=few_errors(steps(0))),
            **weight(
                OCR1,
                "stable",
                gauge((95, "15m"), (80, "15m"), (50, "15m"), (0, "15m"), (None, "20m")),
            ),
            **weight(OCR1, "canary", gauge((None, "1h"), (0, "20m"))),
            **weight(
                OCR2,
                "canary",
                gauge((5, "15m"), (20, "15m"), (50, "15m"), (100, "15m"), (None, "20m")),
            ),
            **weight(OCR2, "stable", gauge((None, "1h"), (100, "20m"))),
        },
        nothing(*(f"{minute}m" for minute in range(6, 80, 3))),
    ),
]

FAULTS = [
    Scenario(
        "errors of stable: the version's error ratio, then the budget of the model",
        {**HEALTHY, **version(OCR1, ((9.5, TIME),), bad=((0, "20m"), (4, "60m")))},
        [
            *nothing("19m"),
            news(
                "30m",
                named("HighModelErrorRate", OCR1, VISION),
                named("ErrorBudgetBurnFast", OCR, VISION),
            ),
            news(
                "75m",
                named("HighModelErrorRate", OCR1, VISION),
                named("ErrorBudgetBurnFast", OCR, VISION),
                named("ErrorBudgetBurnSlow", OCR, VISION_WARNED),
            ),
        ],
    ),
    Scenario(
        "errors of a canary: its own ratio, and that it is worse than stable",
        {**HEALTHY, **version(OCR2, ((0.5, TIME),), bad=((0, "20m"), (0.25, "20m"), (0, "40m")))},
        [
            *nothing("19m"),
            news(
                "30m",
                named("HighModelErrorRate", OCR2, VISION),
                named("CanaryErrorsAboveStable", OCR2, VISION_WARNED),
            ),
            *nothing("79m"),
        ],
    ),
    Scenario(
        "both versions fail: the canary is not worse",
        {
            **HEALTHY,
            **version(OCR1, ((9.5, TIME),), bad=((0, "20m"), (0.95, "60m"))),
            **version(OCR2, ((0.5, TIME),), bad=((0, "20m"), (0.05, "60m"))),
        },
        [
            news(
                "40m",
                named("HighModelErrorRate", OCR1, VISION),
                named("HighModelErrorRate", OCR2, VISION),
            )
        ],
    ),
    Scenario(
        "a slow canary",
        {**HEALTHY, **version(OCR2, ((0.5, TIME),), slow=0.5)},
        [
            news(
                "20m",
                named("HighModelLatency", OCR2, VISION_WARNED),
                named("CanarySlowerThanStable", OCR2, VISION_WARNED),
            )
        ],
    ),
    Scenario(
        "a dead canary whose requests are tried again on stable: clients see nothing",
        {
            **HEALTHY,
            **version(OCR1, ((9.5, "20m"), (10, "60m"))),
            **version(
                OCR2,
                ((0.5, "20m"), (0, "60m")),
                at_gateway=((0.5, "20m"), (0, "60m")),
                dead=((0, "20m"), (0.5, "60m")),
            ),
        },
        [
            *nothing("19m"),
            news("30m", named("GatewayErrors", OCR2, VISION)),
            news(
                "59m",
                named("GatewayErrors", OCR2, VISION),
                named("TrafficShareOff", OCR2, VISION_WARNED),
            ),
        ],
    ),
    Scenario(
        "a canary without pods: stable answers for it, and its metrics end",
        {
            **HEALTHY,
            **version(OCR1, ((9.5, "20m"), (10, "60m"))),
            **version(OCR2, ((0.5, "20m"), (None, "60m"))),
            series("up", **pod(OCR2)): gauge((1, "20m"), (None, "60m")),
            **endpoints(OCR2, "canary", gauge((1, "20m"), (0, "60m"))),
        },
        [
            *nothing("19m"),
            news("22m", named("NoReadyEndpoints", {**OCR2, "track": "canary"}, VISION)),
            news(
                "45m",
                named("NoReadyEndpoints", {**OCR2, "track": "canary"}, VISION),
                named("ModelVersionAbsent", OCR2, VISION_WARNED),
            ),
        ],
    ),
    Scenario(
        "requests stay away: from both versions alike",
        {
            **HEALTHY,
            **version(OCR1, ((9.5, "20m"), (1.9, "60m"))),
            **version(OCR2, ((0.5, "20m"), (0.1, "60m"))),
        },
        [*nothing("19m"), news("45m", named("LowModelQPS", OCR, VISION_WARNED))],
    ),
    Scenario(
        "at 3 requests an hour even a canary that fails always is not known to",
        {
            **HEALTHY,
            **recorded(FLOOR, OCR, gauge((0.0004, TIME))),
            **version(OCR1, ((0, "10m"), (1 / 60, "1m"), (0, "69m"))),
            **version(
                OCR2,
                ((0, "40m"), (1 / 60, "1m"), (0, "39m")),
                bad=((0, "40m"), (1 / 60, "1m"), (0, "39m")),
            ),
        },
        nothing("12m", "41m", "45m", "60m", "75m"),
    ),
]

SUITES = [Suite("whole", GROUPS, [*RELEASE, *FAULTS], step=STEP)]
