"""Which part is hit when, and how: all of it from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Action = Literal["kill", "kill with its update", "freeze", "start another"]

# Seconds of a run in which something may happen: the first while the release is surely under way,
# the last about when it ends if nothing does.
_FIRST, _LAST = (3.0, 28.0), 60.0
_MOST_MOMENTS = 3

FAULTS = ("controller", "prometheus", "alertmanager", "apiserver", "traefik", "node")
SHARED = ("apiserver", "traefik", "node")
"""What all releases of an instance share: they run side by side, and all of them are hit."""

_NODES = ("gpu-node-1", "gpu-node-2")
# Seconds. A lease ends after 15, its use after 10, a request after 5: shorter and longer ones.
_FREEZES = {
    "controller": (18.0, 30.0),
    "prometheus": (3.0, 25.0),
    "alertmanager": (3.0, 25.0),
    "apiserver": (3.0, 25.0),
    "traefik": (2.0, 10.0),
    "node": (5.0, 30.0),
}


@dataclass(frozen=True)
class Moment:
    """Something that is done to a part.

    at: seconds after the start of the run; part: a fault, or a node's name; seconds: of a freeze.
    """

    at: float
    part: str
    action: Action
    seconds: float = 0.0


def moments(fault: str, seed: str) -> tuple[Moment, ...]:
    """One to three moments, in their order."""
    rng = random.Random(seed)  # noqa: S311
    count = rng.randint(1, _MOST_MOMENTS)
    first = rng.uniform(*_FIRST)
    times = [first, *sorted(rng.uniform(first, _LAST) for _ in range(count - 1))]
    return tuple(_moment(rng, fault, round(at, 2)) for at in times)


def _moment(rng: random.Random, fault: str, at: float) -> Moment:
    part = rng.choice(_NODES) if fault == "node" else fault
    actions: tuple[Action, ...] = ("kill", "freeze")
    if fault == "controller":
        actions = ("kill", "kill with its update", "freeze", "start another")
    action = rng.choice(actions)
    seconds = round(rng.uniform(*_FREEZES[fault]), 1) if action == "freeze" else 0.0
    return Moment(at, part, action, seconds)
