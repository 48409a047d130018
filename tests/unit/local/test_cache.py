"""The cache outside the checkout: what stays, and what goes."""

from __future__ import annotations

import os
from pathlib import Path

from local.cache import used


def entry(folder: Path, name: str, age: float) -> Path:
    """An entry that was last used `age` seconds ago."""
    made = folder / name
    made.mkdir()
    (made / "file").touch()
    last = made.stat().st_mtime - age
    os.utime(made, (last, last))
    return made


def test_the_three_last_used_of_a_kind_stay(tmp_path: Path) -> None:
    oldest, older, old, now = (
        entry(tmp_path, f"ocr-{number:012x}", age)
        for number, age in enumerate((40.0, 30.0, 20.0, 10.0))
    )

    used(oldest)

    assert set(tmp_path.iterdir()) == {oldest, old, now}
    assert not older.exists()


def test_kinds_whose_names_begin_alike_do_not_count_for_each_other(tmp_path: Path) -> None:
    others = [entry(tmp_path, f"pulumi-kubernetes-{n:012x}", 60.0 + n) for n in range(3)]
    own = [entry(tmp_path, f"pulumi-{n:012x}", 90.0 + n) for n in range(3)]
    lock = tmp_path / "pulumi-000000000001.lock"
    lock.touch()
    draft = entry(tmp_path, "pulumi-draft", 900.0)

    used(own[2])

    assert set(tmp_path.iterdir()) == {*others, *own, lock, draft}
