"""What `infra.new` writes is right, and what it must not touch stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.config import load_file, node_names
from infra.config.stack_file import load
from infra.new.__main__ import main
from infra.new.model import NewModel, added

ROOT = Path(__file__).parents[3]
LAYOUT = NewModel(
    "layout2", "layout2.example.com", "v1.0", "registry.example.com/l:v1.0", "gpu-stable"
)


def ask(directory: Path, *arguments: str) -> int:
    return main(["environment", *arguments, "--directory", str(directory)])


def of_model(file: Path, name: str = "layout2", pool: str = "gpu-stable") -> int:
    words = f"model {name} --host {name}.example.com --version v1.0 --image r/l:v1.0 --pool {pool}"
    return main([*words.split(), "--stack-file", str(file)])


def test_an_environment_is_a_right_stack_file_without_models(tmp_path: Path) -> None:
    assert ask(tmp_path, "qa", "--stable", "n1", "yes", "--canary", "n3") == 0
    config = load_file(tmp_path / "Pulumi.qa.yaml")
    assert [node_names(pool) for pool in config.node_pools.values()] == [
        ("n1", "yes"),
        ("n3",),
    ]
    assert not config.models


def test_a_fleet_is_begun_from_its_platform(tmp_path: Path) -> None:
    platform = ("prod", "--stable", "n1", "--canary", "n2", "--groups", "vision", "speech")
    assert ask(tmp_path, *platform) == 0
    assert ask(tmp_path, "prod-vision", "--base", "prod", "--namespace", "vision") == 0
    assert of_model(tmp_path / "Pulumi.prod-vision.yaml") == 0
    config = load_file(tmp_path / "Pulumi.prod-vision.yaml")
    assert list(config.models) == ["layout2"]
    assert not config.owns_platform


def test_no_file_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, "qa", "--stable", "n1", "--canary", "n3") == 0
    before = (tmp_path / "Pulumi.qa.yaml").read_bytes()
    assert ask(tmp_path, "qa", "--stable", "n4", "--canary", "n5") == 1
    assert (tmp_path / "Pulumi.qa.yaml").read_bytes() == before
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("qa", "--stable", "n1"), "needs nodes for both tracks"),
        (("qa", "--stable", "n1", "--canary", "n1"), "which nodePools.gpu-stable has already"),
        (("qa", "--base", "nowhere"), "Pulumi.nowhere.yaml, beside this one"),
        (("qa", "--base", "prod", "--groups", "a"), "leave them out"),
    ],
)
def test_what_would_be_wrong_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert ask(tmp_path, *arguments) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_a_model_is_added_and_every_line_stays(name: str) -> None:
    text = (ROOT / f"Pulumi.{name}.yaml").read_text()
    new = added(text, LAYOUT)
    assert "layout2" in load(new.encode()).models
    lines = new.splitlines()
    assert [line for line in text.splitlines() if line not in lines] == []
    assert [*load(new.encode()).models][:-1] == [*load(text.encode()).models]


@pytest.mark.parametrize(
    "models",
    [
        "{}",
        "{}   # none yet",
        "{ocr: {host: a.b, stable: v1, versions: {v1: {image: 'r/o:v1', pool: gpu-stable}}}}",
    ],
)
@pytest.mark.parametrize("after", ["", "\n", "\n  # The end.\n", "\n\n  other:key: 1\n"])
def test_models_may_be_written_in_any_style(models: str, after: str) -> None:
    pools = "{gpu-stable: {provider: existing, nodes: [n1], track: stable}}"
    text = f"config:\n  paddle-canary:nodePools: {pools}\n  paddle-canary:models: {models}{after}"
    new = added(text, LAYOUT)
    assert "layout2" in load(new.encode()).models
    assert new.endswith(after)


def test_a_model_that_is_there_or_wrong_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_bytes((ROOT / file.name).read_bytes())
    assert of_model(file, name="ocr") == 1
    assert of_model(file, pool="nowhere") == 1
    error = capsys.readouterr().err
    assert "models.ocr is there already" in error
    assert 'pool: found "nowhere"; write a pool that nodePools has' in error
    assert file.read_bytes() == (ROOT / file.name).read_bytes()


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert of_model(tmp_path / "Pulumi.none.yaml") == 1
    assert "Pulumi.none.yaml: No such file" in capsys.readouterr().err
