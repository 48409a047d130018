"""PaddleX is described so that it downloads nothing."""

from __future__ import annotations

from pathlib import Path

import yaml

from bench.serving.paddlex import write


def test_paddlex_is_told_where_all_its_models_are(tmp_path: Path) -> None:
    for stage in ("det", "cls", "rec"):
        (tmp_path / "models" / stage).mkdir(parents=True)
        (tmp_path / "models" / stage / "inference.pdmodel").write_bytes(b"net")
    (tmp_path / "models/rec/keys.txt").write_text("a\n中\n", encoding="utf-8")
    pipeline = write(tmp_path / "models", tmp_path / "paddlex")
    modules = yaml.safe_load(pipeline.read_text())["SubModules"]
    folders = {part: Path(module["model_dir"]) for part, module in modules.items()}
    assert set(folders) == {"TextDetection", "TextLineOrientation", "TextRecognition"}
    for part, folder in folders.items():
        assert (folder / "inference.pdmodel").read_bytes() == b"net"
        described = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
        assert described["Global"]["model_name"] == modules[part]["model_name"]
    recogniser = (folders["TextRecognition"] / "inference.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(recogniser)["PostProcess"]["character_dict"] == ["a", "中"]
