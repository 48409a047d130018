"""What goes wrong in four weeks, when, and which alerts have to say so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import TypeAdapter

Kind = Literal[
    "errors",  # `size`: share of the arm's requests that fail
    "errors of one pod",
    "slow",  # `size`: share of the arm's requests that take seconds
    "slower",  # `size`: share of the arm's requests that take most of what the SLO allows
    "traffic",  # `size`: share of the requests that still come
    "dead",  # pods refuse connections; the gateway tries again on stable
    "share",  # `size`: share of the requests that the canary gets, whatever its weight
    "not ready",  # no pod of the arm is ready, and stable gets its requests
    "no metrics",  # Prometheus does not find the arm's pods
    "no scrape",  # the arm's pods do not answer scrapes
    "no route",
    "xid",
    "hot",
    "memory",
    "exporter",
    "dead letters",
    "gateway scrape",
]


@dataclass(frozen=True)
class Incident:
    """A fault of a model, or of the platform where `model` is empty.

    arm: the version on that track when it begins; empty where the whole model is meant.
    day, time: counted from Monday 00:00 of the first week.
    found_by: alerts, one of which has to fire. also: alerts that may fire as well.
    """

    name: str
    kind: Kind
    day: int
    time: str
    minutes: int
    found_by: frozenset[str]
    also: frozenset[str] = frozenset()
    model: str = ""
    arm: Literal["stable", "canary", ""] = ""
    size: float = 0

    @property
    def start(self) -> int:
        """First minute."""
        hours, minutes = map(int, self.time.split(":"))
        return self.day * 1440 + hours * 60 + minutes

    @property
    def end(self) -> int:
        """The minute after the last."""
        return self.start + self.minutes


INCIDENTS = TypeAdapter(tuple[Incident, ...]).validate_python(
    yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
)
