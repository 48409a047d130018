"""Observed share against the live weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from monitoring.rules.series import (
    MODEL_REQUESTS,
    MODEL_REQUESTS_30M,
    REQUESTS,
    REQUESTS_30M,
    weight_over,
)
from tests.promtool.fleet import (
    COMMON,
    ELSEWHERE,
    EXPORTER,
    LAYOUT,
    OCR2,
    TUNED,
    Model,
    alike,
    recorded,
    weight,
)
from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    conditions,
    gauge,
    life,
    said,
    series,
    values,
)
from tests.promtool.suites.constants import CONSTANTS

WEIGHTS = tuple(weight_over(end, back) for back in ("5m", "35m") for end in ("min", "max"))
COLUMNS = (REQUESTS, MODEL_REQUESTS, REQUESTS_30M, MODEL_REQUESTS_30M)
Rates = tuple[float | None, ...]
"""Requests per second of canary and model, over five minutes and over half an hour."""


def constant_weight(of: Mapping[str, str], percent: float, time: str) -> dict[str, Values]:
    """A canary's weight, live and as recorded over all windows."""
    samples = gauge((percent, time))
    return {**weight(of, "canary", samples), **alike([of], dict.fromkeys(WEIGHTS, samples))}


def columns(of: Mapping[str, str]) -> tuple[str, ...]:
    """The series of `Rates`."""
    model = {"namespace": of["namespace"], "model": of["model"]}
    return tuple(series(name, **(model if name.startswith("model:") else of)) for name in COLUMNS)


def shares(of: Model, percent: float, cases: Mapping[Rates, bool], name: str) -> Scenario:
    """Which rates are off at a constant weight."""
    labels = {**of.v2, **of.labels("warning")}
    scenario = conditions(
        f"{of.name}: {name}", "TrafficShareOff", labels, dict(cases), *columns(of.v2)
    )
    tracks = constant_weight(of.v2, percent, "5m")
    return Scenario(scenario.name, {**scenario.input, **tracks}, scenario.checks)


def standing_on(bound: Callable[[float, int], float], seconds: int) -> tuple[float, float]:
    """Rates of canary and model whose counts stand on a bound to the last bit."""
    for model in map(float, range(20, 40)):
        rate = bound(model, seconds) / seconds
        if rate * seconds == bound(model, seconds):
            return rate, model
    raise ValueError(f"no count of {seconds} seconds stands exactly on the bound")


def on_the_bound(of: Model, choose: float, percents: tuple[float, float], live: float) -> Scenario:
    """Rates on the bound of what testers and chance explain, and a millionth beside it.

    percents: smallest and largest weight of each window.
    """
    low, high = percents
    least_share, most_share = low / 100 * (1 - choose), high / 100 * (1 - choose) + choose

    def least(model: float, seconds: int) -> float:
        expected = least_share * (model * seconds)
        return expected - (4 * math.sqrt(expected * (1 - least_share)) + 16 / 3)

    def most(model: float, seconds: int) -> float:
        expected = most_share * (model * seconds)
        return expected + (4 * math.sqrt(expected * (1 - most_share)) + 16 / 3)

    cases: dict[Rates, bool] = {}
    for bound, below in ((least, True), (most, False)):
        for seconds in (300, 1800):
            exact, model = standing_on(bound, seconds)
            inside = model * high / 100
            for rate, is_off in (
                (exact * (1 - 1e-6), below),
                (exact, False),
                (exact * (1 + 1e-6), not below),
            ):
                now, half_hour = (rate, inside) if seconds == 300 else (inside, rate)
                cases[now, model, half_hour, model] = is_off
    labels = {**of.v2, **of.labels("warning")}
    name = f"{of.name}: {low} to {high}%, on the bound"
    scenario = conditions(name, "TrafficShareOff", labels, cases, *columns(of.v2))
    tracks = weight(of.v2, "canary", gauge((live, "5m")))
    ranges = zip(WEIGHTS, (low, high, low, high), strict=True)
    tracks |= {series(name, **of.v2): gauge((percent, "5m")) for name, percent in ranges}
    # Another model of the stack, and who only seems to be a canary, have nothing to do with it.
    other = {**of.v2, "model": "another"}
    tracks |= alike([other], dict.fromkeys((REQUESTS, REQUESTS_30M, *WEIGHTS), gauge((1, "5m"))))
    tracks |= weight(other, "canary", gauge((1, "5m")))
    tracks |= {
        series(name, namespace=of.v2["namespace"], model="another"): gauge((100, "5m"))
        for name in (MODEL_REQUESTS, MODEL_REQUESTS_30M)
    }
    names = (REQUESTS, REQUESTS_30M, *WEIGHTS)
    tracks |= alike([of.v1], dict.fromkeys(names, gauge((90, "5m"))))
    tracks |= weight(of.v1, "stable", gauge((live, "5m")))
    tracks |= {
        series("paddle_canary_weight", job="forged", **of.v1, track="canary"): gauge((5, "5m"))
    }
    # The same version of another model is a canary there, and not here.
    tracks |= weight({**of.v1, "model": "another"}, "canary", gauge((5, "5m")))
    return Scenario(scenario.name, {**scenario.input, **tracks}, scenario.checks)


def moved(of: Model, cases: Mapping[Rates, bool]) -> Scenario:
    """Which rates are off when the weight went from 5 to 20 in 5m, from 0 to 50 in 35m."""
    labels = {**of.v2, **of.labels("warning")}
    name = f"{of.name}: any weight of the window explains a share, and none outside"
    scenario = conditions(name, "TrafficShareOff", labels, dict(cases), *columns(of.v2))
    ranges = zip(WEIGHTS, (5, 20, 0, 50), strict=True)
    tracks = {
        **weight(of.v2, "canary", gauge((20, "5m"))),
        **{series(name, **of.v2): gauge((percent, "5m")) for name, percent in ranges},
    }
    return Scenario(name, {**scenario.input, **tracks}, scenario.checks)


def texts(of: Model, share: str, rate: int) -> dict[str, str]:
    """What is said of a canary at weight 50%."""
    return of.says(
        "TrafficShareOff",
        summary=f"{of.name} v2: gets {share} of the requests at weight 50%",
        description=f"The canary {of.name} v2 got {share} of the requests to {of.name}, {rate} "
        "requests/s in the last 5 minutes. Its weight is 50%.",
        summary_zh=f"{of.name} v2：权重 50%，实际得到 {share} 的请求",
        description_zh=f"灰度版本 {of.name} v2 得到 {of.name} 的 {share} 的请求，"
        f"最近 5 分钟共 {rate} 次/秒。其权重为 50%。",
    )


def half_an_hour(of: Model, hold: str) -> Scenario:
    """A canary at weight 50% that had a quarter of few requests, for half an hour until now."""
    rates = zip(columns(of.v2), (1, 2, 0.5, 2), strict=True)
    return Scenario(
        f"{of.name}: what is said of a share that only half an hour tells is the one of that time",
        {
            **constant_weight(of.v2, 50, "12m"),
            **{name: gauge((rate, "12m")) for name, rate in rates},
        },
        [
            said(
                hold,
                "TrafficShareOff",
                {**of.v2, **of.labels("warning")},
                **texts(of, "25%", 2),
            )
        ],
    )


def starved(of: Model, hold: str) -> Scenario:
    """A canary that gets a tenth of its share from the first minute to the twelfth."""
    both = [of.v2, *of.silent(of.v2)]
    found: dict[str, Values] = {}
    for each in both:
        found |= constant_weight(each, 50, "25m")
        canary, model, canary_30m, model_30m = columns(each)
        found[canary] = gauge((20, "1m"), (2, "11m"), (20, "13m"))
        found[canary_30m] = gauge((20, "25m"))
        found[model] = found[model_30m] = gauge((40, "25m"))
    # Stable has the rest, which is off just as much; one alert is enough.
    found |= recorded(REQUESTS, of.v1, gauge((20, "1m"), (38, "11m"), (20, "13m")))
    found |= weight(of.v1, "stable", gauge((50, "25m")))
    found |= alike([of.v1], dict.fromkeys(WEIGHTS, gauge((50, "25m"))))
    return Scenario(
        f"{of.name}: a canary that gets little waits, fires, and clears ten minutes later",
        found,
        life(
            "TrafficShareOff",
            {**of.v2, **of.labels("warning")},
            ("1m", "12m", hold, "10m"),
            texts(of, "5%", 40),
        ),
    )


N = None
OFF = [
    shares(
        COMMON,
        5,
        {
            # 6000 requests in 5 minutes: 222 to 498 at 5%, of which 2% may choose.
            (0.738, 20, N, N): True,
            (0.741, 20, N, N): False,
            (1.658, 20, N, N): False,
            (1.661, 20, N, N): True,
            # 3600 in half an hour: 119 to 315. Six of 600 are no surprise yet.
            (0.02, 2, 0.0660, 2): True,
            (0.02, 2, 0.0665, 2): False,
            (0.1, 2, 0.1745, 2): False,
            (0.1, 2, 0.1750, 2): True,
            # Very few requests: a canary that gets none of 30 is no surprise.
            (0, 0.1, 0, 0.1): False,
            # No requests, no share.
            (0, 0, 0, 0): False,
            (N, N, N, N): False,
        },
        "a share is off when chance and testers together do not explain it",
    ),
    shares(
        COMMON,
        0,
        {(0, 20, N, N): False, (0.560, 20, N, N): False, (0.565, 20, N, N): True},
        "at weight 0 testers alone reach a canary",
    ),
    shares(
        COMMON,
        100,
        {(20, 20, N, N): False, (19.44, 20, N, N): False, (19.43, 20, N, N): True},
        "at weight 100 testers alone reach stable",
    ),
    shares(
        TUNED,
        50,
        {
            # A quarter may choose: of 6000 requests 2095 to 3905, of 3600 in half an hour 1228 to
            # 2372.
            (6.98, 20, N, N): True,
            (6.99, 20, N, N): False,
            (13.01, 20, N, N): False,
            (13.02, 20, N, N): True,
            (1, 2, 0.682, 2): True,
            (1, 2, 0.685, 2): False,
            (1, 2, 1.315, 2): False,
            (1, 2, 1.318, 2): True,
        },
        "a model that lets a quarter of its requests choose",
    ),
    moved(
        COMMON,
        {
            (45, 1000, 0, 1000): True,
            (50, 1000, 0, 1000): False,
            (215, 1000, 510, 1000): False,
            (225, 1000, 510, 1000): True,
            (110, 1000, 0, 1000): False,
            (110, 1000, 530, 1000): True,
        },
    ),
    moved(
        TUNED,
        {
            (30, 1000, 0, 1000): True,
            (40, 1000, 0, 1000): False,
            (395, 1000, 600, 1000): False,
            (410, 1000, 600, 1000): True,
            (110, 1000, 620, 1000): False,
            (110, 1000, 640, 1000): True,
        },
    ),
    *(
        on_the_bound(of, choose, percents, live)
        for of, choose in ((COMMON, 0.02), (TUNED, 0.25))
        for percents, live in (((50.0, 50.0), 50), ((20.0, 60.0), 60))
    ),
    starved(COMMON, "10m"),
    starved(TUNED, "5m"),
    half_an_hour(COMMON, "10m"),
    half_an_hour(TUNED, "5m"),
]

RECORDED = [
    Scenario(
        "the range of a weight covers the window, and every track that the version was on",
        {
            **weight(OCR2, "canary", gauge((5, "1m"), (20, "5m"), (100, "2m"), (None, "40m"))),
            **weight(OCR2, "stable", gauge((None, "8m"), (100, "40m"))),
            **{
                series("paddle_canary_weight", job=job, **OCR2, track="canary"): gauge((odd, "48m"))
                for job, odd in (("forged", 1), ("forged as well", 1000))
            },
            **weight({**OCR2, "namespace": ELSEWHERE}, "canary", gauge((1, "48m"))),
        },
        [
            values("5m30s", weight_over("min", "5m"), {series(**OCR2): 5}),
            values("6m", weight_over("min", "5m"), {series(**OCR2): 20}),
            values("5m45s", weight_over("max", "5m"), {series(**OCR2): 20}),
            values("6m", weight_over("max", "5m"), {series(**OCR2): 100}),
            values("8m30s", weight_over("min", "5m"), {series(**OCR2): 20}),
            values("10m30s", weight_over("min", "5m"), {series(**OCR2): 20}),
            values("10m45s", weight_over("min", "5m"), {series(**OCR2): 100}),
            values("35m30s", weight_over("min", "35m"), {series(**OCR2): 5}),
            values("36m", weight_over("min", "35m"), {series(**OCR2): 20}),
            values("36m", weight_over("max", "35m"), {series(**OCR2): 100}),
        ],
    ),
    Scenario(
        "a weight that goes down is still in the range for as long as the window",
        weight(OCR2, "canary", gauge((50, "1m"), (10, "40m"))),
        [
            values("5m30s", weight_over("max", "5m"), {series(**OCR2): 50}),
            values("5m45s", weight_over("max", "5m"), {series(**OCR2): 10}),
            values("35m30s", weight_over("max", "35m"), {series(**OCR2): 50}),
            values("35m45s", weight_over("max", "35m"), {series(**OCR2): 10}),
        ],
    ),
    Scenario(
        "a second exporter widens the range",
        {
            series(
                "paddle_canary_weight",
                **{**EXPORTER, "instance": instance},
                **OCR2,
                track="canary",
            ): gauge((percent, "1m"))
            for instance, percent in (("old", 5), ("new", 20))
        },
        [
            values("30s", weight_over(end, back), {series(**OCR2): percent})
            for end, percent in (("min", 5), ("max", 20))
            for back in ("5m", "35m")
        ],
    ),
    Scenario(
        "half an hour of requests is an average of what there is",
        {
            **recorded(REQUESTS, OCR2, gauge((None, "10m"), (2, "15m"), (6, "15m"), (0, "15m"))),
            **recorded(REQUESTS, {**OCR2, "namespace": ELSEWHERE}, gauge((2, "40m"))),
            **recorded(REQUESTS, {**LAYOUT, "version": "v1"}, gauge((3, "40m"))),
        },
        [
            values("20m", f'{REQUESTS_30M}{{model="ocr"}}', {series(**OCR2): 2}),
            values("39m45s", f'{REQUESTS_30M}{{model="ocr"}}', {series(**OCR2): 4}),
            values("54m45s", f'{REQUESTS_30M}{{model="ocr"}}', {series(**OCR2): 3}),
            values("20m", f'{REQUESTS_30M}{{model="layout"}}', {series(**LAYOUT, version="v1"): 3}),
        ],
    ),
]

SUITES = [
    Suite("share-recording", ["share-recording"], RECORDED),
    Suite("TrafficShareOff", ["share"], OFF, "TrafficShareOff", CONSTANTS),
]
