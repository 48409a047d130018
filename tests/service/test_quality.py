"""A version that is wrong but fast shows in the scores that it gives itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.quality.served import DAMAGED, models_in, served
from bench.quality.signals import Arm, Scores, differing
from local.service import Service


def _scores(service: Service, first: int) -> Scores:
    """Of 40 pages from a seed on, which two clients send."""
    arm = Arm(service)
    with ThreadPoolExecutor() as clients:
        list(clients.map(arm.read, (range(first, first + 20), range(first + 20, first + 40))))
    return arm.scores()


@pytest.mark.usefixtures("fonts")
def test_a_damaged_recogniser_shows_and_a_sound_one_does_not(v1_2: Service, tmp_path: Path) -> None:
    one, other = (_scores(v1_2, first) for first in (0, 10**6))
    with served(models_in(tmp_path)[DAMAGED]) as service:
        damaged = _scores(service, 2 * 10**6)
    assert differing(one, other, looks=1) == ""
    assert "confidence" in differing(one, damaged, looks=1)
