"""A version that is wrong but fast shows in the scores that it gives itself."""

from __future__ import annotations

from pathlib import Path

from bench.quality.__main__ import difference, models_in


def test_a_damaged_recogniser_shows_and_a_sound_one_does_not(tmp_path: Path) -> None:
    models = models_in(tmp_path)
    assert "differs" in difference(models, "damaged", 200)
    assert "no difference" in difference(models, "v1.2", 100)
