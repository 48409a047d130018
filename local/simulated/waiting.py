"""Waiting for something, on machines that are busy, or asleep in between."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.1) -> bool:
    """Whether it holds within about so many seconds, asked every `step`.

    Polls are counted, for a clock goes on while all processes here are stopped.
    """
    for _ in range(round(seconds / step)):
        if condition():
            return True
        time.sleep(step)
    return condition()
