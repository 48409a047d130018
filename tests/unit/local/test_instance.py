"""The end of an instance, also of one that was cut short."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from local.cluster import instance, layout


@pytest.fixture
def ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> layout.Layout:
    """An instance without a process, with a node's directory."""
    monkeypatch.setattr(layout, "_STATE", tmp_path / "state")
    monkeypatch.setattr(layout, "_RUN", tmp_path / "run")
    found = layout.Layout("unit")
    (found.node_directory("gpu-node-1") / "lib").mkdir(parents=True)
    found.run.mkdir(parents=True)
    return found


def test_an_instance_that_was_half_removed_never_looks_like_one(
    ended: layout.Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, **_: object) -> None:
        if path.exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as cut_short:
        cut_short.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            instance.stop(ended)
    assert not ended.state.exists()
    instance.stop(ended)
    assert not ended.state.parent.exists()
    assert not ended.run.parent.exists()
