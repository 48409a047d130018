"""All suites."""

from __future__ import annotations

from tests.promtool.scenario import Suite
from tests.promtool.suites import (
    burn_rate,
    canary,
    constants,
    gateway,
    gpu,
    norm,
    objectives,
    platform,
    presence,
    recording,
    share,
    whole,
)

SUITES: tuple[Suite, ...] = (
    *constants.SUITES,
    *recording.SUITES,
    *norm.SUITES,
    *objectives.SUITES,
    *burn_rate.SUITES,
    *canary.SUITES,
    *share.SUITES,
    *gateway.SUITES,
    *presence.SUITES,
    *gpu.SUITES,
    *platform.SUITES,
    *whole.SUITES,
)
