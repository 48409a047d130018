"""A version that is wrong but fast shows in the scores that it gives itself."""

from __future__ import annotations

from pathlib import Path

from bench.quality.served import DAMAGED, models_in, served
from bench.quality.signals import Arm, differing
from local.service import Service


def test_a_damaged_recogniser_shows_and_a_sound_one_does_not(v1_2: Service, tmp_path: Path) -> None:
    scores = []
    for first in (0, 10**6):
        arm = Arm(v1_2)
        arm.read(range(first, first + 50))
        scores.append(arm.scores())
    with served(models_in(tmp_path)[DAMAGED]) as service:
        arm = Arm(service)
        arm.read(range(2 * 10**6, 2 * 10**6 + 50))
        scores.append(arm.scores())
    assert differing(scores[0], scores[1], looks=1) == ""
    assert "confidence" in differing(scores[0], scores[2], looks=1)
