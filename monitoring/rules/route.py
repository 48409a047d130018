"""What the live route says, as the exporter tells it: weights, tracks, endpoints.

A second exporter during its own update, or a track that changes at promotion, makes a second
series of the same version: each expression takes the larger one.
"""

from __future__ import annotations

from monitoring.rules.series import EXPORTER_JOB, EXPORTER_SUCCESS, WEIGHT

# The exporter reads the cluster at each scrape.
STALE_SECONDS = 120
_JOB = f'job="{EXPORTER_JOB}"'


def exported(series: str, *matchers: str) -> str:
    """A series of the exporter, with matchers as they stand in braces."""
    return f"{series}{{{','.join((_JOB, *matchers))}}}"


def arm(select: str, track: str) -> str:
    """The versions that are on a track now."""
    weight = exported(WEIGHT, select, f'track="{track}"')
    return f"max by (namespace, model, version) ({weight})"


def since_success() -> str:
    """Seconds since the exporter last read the cluster."""
    return f"(time() - max by (job) ({exported(EXPORTER_SUCCESS)}))"
