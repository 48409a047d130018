"""The models, how much traffic they get at each minute, and their releases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAYS = 28
MINUTES = DAYS * 1440
STEPS = (5, 20, 50, 100)
STEP_MINUTES = 40
# Pods load for ten minutes before the first step, and stay for an hour after the last.
LOAD_MINUTES = 10
WARM_MINUTES = 60

HOLIDAYS = {17: 0.65}
"""Day -> share of a working day's requests: more than `trafficDrop` leaves."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Release:
    """A canary through all its steps, and what becomes of it; `day` at 10:00."""

    day: int
    version: str
    promoted: bool = True

    @property
    def start(self) -> int:
        """The minute at which pods are deployed."""
        return self.day * 1440 + 600 - LOAD_MINUTES

    def at_step(self, step: int) -> int:
        """The minute at which a step begins; `len(STEPS)` is the end."""
        return self.day * 1440 + 600 + step * STEP_MINUTES

    @property
    def end(self) -> int:
        """The minute at which the losing version's pods go."""
        return self.at_step(len(STEPS)) + WARM_MINUTES


@dataclass(frozen=True)
class Model:
    """A model; `peak` in requests per second, `growth` by day."""

    name: str
    peak: float
    night: float
    weekend: float
    releases: tuple[Release, ...]
    growth: float = 1
    errors: float = 0.001


MODELS = (
    Model(
        *("ocr", 40, 0.08, 0.5),
        (Release(1, "v2"), Release(8, "v3", promoted=False), Release(15, "v4"), Release(22, "v5")),
    ),
    Model("layout", 6, 0.05, 0.4, (Release(3, "v2"), Release(10, "v3"), Release(24, "v4"))),
    Model(
        "table", 0.8, 0.03, 0.3, (Release(8, "v2"), Release(22, "v3", promoted=False)), errors=0.002
    ),
    Model("seal", 0.05, 0.1, 0.6, (Release(11, "v2"),), errors=0.004),
    Model("growing", 3, 0.1, 0.7, (Release(9, "v2"), Release(23, "v3")), growth=1.04),
)


def expected(model: Model, chance: np.random.Generator) -> Floats:
    """Requests per second that the model is sent, by minute, without incidents.

    A day has its peak in the afternoon and a valley at four in the morning; weekends are lower.
    What comes on top moves slowly, and by 8%.
    """
    minute = np.arange(MINUTES)
    day, hour = minute // 1440, minute % 1440 / 60
    wave = (1 + np.cos((hour - 15.5) / 24 * 2 * np.pi)) / 2
    level = model.night + (1 - model.night) * wave**1.5
    level *= np.where(day % 7 >= 5, model.weekend, 1)
    for holiday, share in HOLIDAYS.items():
        level[day == holiday] *= share
    return model.peak * level * model.growth**day * _drift(chance)


def _drift(chance: np.random.Generator) -> Floats:
    steps = chance.normal(size=MINUTES) * 0.08 * np.sqrt(1 - 0.97**2)
    drift = np.empty(MINUTES)
    drift[0] = 0
    for minute in range(1, MINUTES):
        drift[minute] = 0.97 * drift[minute - 1] + steps[minute]
    found: Floats = np.exp(drift)
    return found


@dataclass(frozen=True)
class Versions:
    """What a model's route says at each minute.

    weights: percent by version. alive: whether the version has pods. stable: which one is stable,
    as a position in `names`.
    """

    names: tuple[str, ...]
    weights: dict[str, Floats]
    alive: dict[str, NDArray[np.bool_]]
    stable: NDArray[np.int_]

    def arm(self, track: str, minute: int) -> str:
        """The version on a track at a minute; LookupError where there is none."""
        stable = self.names[int(self.stable[minute])]
        if track == "stable":
            return stable
        (canary,) = (v for v in self.names if self.alive[v][minute] and v != stable)
        return canary


def versions(model: Model) -> Versions:
    """The route of a model through all its releases."""
    names = ("v1", *(release.version for release in model.releases))
    weights = {name: np.zeros(MINUTES) for name in names}
    alive = {name: np.zeros(MINUTES, dtype=bool) for name in names}
    stable = np.zeros(MINUTES, dtype=int)
    current = "v1"
    weights["v1"][:] = 100
    alive["v1"][:] = True
    for release in model.releases:
        new = release.version
        alive[new][release.start : release.end if not release.promoted else None] = True
        for step, weight in enumerate(STEPS):
            weights[new][release.at_step(step) :] = weight
            weights[current][release.at_step(step) :] = 100 - weight
        done = release.at_step(len(STEPS))
        if release.promoted:
            stable[done:] = names.index(new)
            alive[current][release.end :] = False
            current = new
        else:
            # Back from 50%: the last step is never taken.
            back = release.at_step(len(STEPS) - 1)
            weights[new][back:], weights[current][back:] = 0, 100
    return Versions(names, weights, alive, stable)
