"""The time that limits, pauses and repetitions are counted in."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch, which outlive a restart.

    Args:
        speed: how many times as fast as the world's it goes from now on; a test lets an hour
            pass in seconds.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._begun = time.time()

    def now(self) -> float:
        return self._begun + (time.time() - self._begun) * self._speed

    def patience(self, seconds: float) -> float:
        """How long to wait in the world for these seconds to pass here."""
        return seconds / self._speed
