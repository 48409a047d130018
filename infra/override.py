"""Breaking the glass: one change of traffic that the guard would refuse, with a reason.

An override names the exact split that it lets through. It is spent by the first update that
carries it, and the outputs keep it, so that a line forgotten in the stack file opens nothing later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from infra.config import Override
from infra.split import Split


@dataclass(frozen=True)
class Spent:
    """An override that an update has carried: what it let through, why, and when (UTC)."""

    model: str
    split: Split
    reason: str
    at: datetime

    def is_of(self, override: Override) -> bool:
        """Whether this is the given override, which then lets nothing through any more."""
        wanted = Split(override.stable, dict(override.canary))
        return (self.model, self.split, self.reason) == (override.model, wanted, override.reason)


def spend(override: Override, now: datetime) -> Spent:
    """What the outputs keep of an override."""
    return Spent(
        override.model, Split(override.stable, dict(override.canary)), override.reason, now
    )
