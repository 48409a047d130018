"""What is measured is started, waited for and ended; what does not start says why."""

from __future__ import annotations

import http.client
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bench.serving.paddlex import write
from bench.serving.processes import BenchError, Server


def test_a_server_runs_inside_its_block_and_no_longer() -> None:
    command = (sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1")
    with Server(command, ready="/") as server:
        assert server.alive()
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
    assert not server.alive()


def test_a_server_that_does_not_start_says_why() -> None:
    server = Server((sys.executable, "-c", "raise SystemExit('no such model')"))
    with pytest.raises(BenchError, match="no such model"):
        server.__enter__()


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
