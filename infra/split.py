"""How one model's requests are divided between its versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Split:
    """Canary versions with their weights in percent of the model's requests; stable gets the rest.

    `canary` may hold versions at weight 0: they are deployed and reachable for testers only.
    """

    stable: str
    canary: Mapping[str, float]

    def __str__(self) -> str:
        canaries = "".join(f", {v}: {percent(weight)}%" for v, weight in self.canary.items())
        return f"stable {self.stable}{canaries}"

    def share(self, version: str) -> float:
        """Percent of the model's requests that `version` gets; 0 for one without a route."""
        if version == self.stable:
            # Sums of tenths miss the last binary digit, and an equal share must compare as equal.
            return round(100 - sum(self.canary.values()), 6)
        return self.canary.get(version, 0)


def percent(weight: float) -> str:
    """A weight as a person writes it: 5 and not 5.0, tenths where there are any."""
    return f"{weight:g}"
