"""`python -m monitoring`, as a team without Pulumi calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from local.toolchain import ensure
from monitoring.cli import main
from tests.amtool.stacks import ROOT
from tests.unit.config.edits import HERE

PROD = str(ROOT / "Pulumi.prod.yaml")
CHECKS = ("rules.yaml: syntax and lint", "prometheus.yml: syntax", "alertmanager.yml: syntax")


@pytest.fixture(scope="session")
def tools(binaries: Path) -> dict[str, Path]:
    """The real tools by name."""
    prometheus = ensure(["prometheus"], print)["prometheus"]
    return {"promtool": prometheus / "promtool", "amtool": binaries / "amtool"}


@pytest.fixture
def path(tmp_path: Path, tools: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all of PATH, once the tools are built."""
    assert all(tool.exists() for tool in tools.values())
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def pretend(path: Path, name: str, script: str) -> None:
    """Put a tool there that does as a script says."""
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def test_every_file_of_a_stack_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a" / "b"
    assert main(["render", "--stack-file", PROD, "--out", str(out)]) == 0
    written = sorted(str(file.relative_to(out)) for file in out.rglob("*.*"))
    shown = capsys.readouterr()
    assert sorted(shown.out.splitlines()) == [str(out / name) for name in written]
    assert {"alertmanager.yml", "prometheus.yml", "relay.yaml", "rules.yaml"} <= set(written)
    for name in written:
        text = (out / name).read_text()
        assert json.loads(text) if name.startswith("dashboards/") else yaml.safe_load(text)
    assert "[secret]" not in "".join((out / name).read_text() for name in written)
    assert "relay-token, phone.url, phone.token, smtp-password, dead-mans-switch-url" in shown.err


def test_the_tools_find_the_files_of_the_example_right(
    path: Path, tools: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (path / "promtool").symlink_to(tools["promtool"])
    (path / "amtool").symlink_to(tools["amtool"])
    assert main(["test", "--stack-file", PROD]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [f"right: {check}" for check in CHECKS]
    assert lines[3].startswith("right: alertmanager.yml: who is told of ")


def test_what_a_tool_finds_is_shown_and_the_others_are_asked_all_the_same(
    path: Path, tools: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (path / "amtool").symlink_to(tools["amtool"])
    pretend(path, "promtool", "echo this is wrong; exit 3")
    assert main(["test", "--stack-file", PROD]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        f"wrong: {CHECKS[0]}",
        "  this is wrong",
        f"wrong: {CHECKS[1]}",
        "  this is wrong",
        f"right: {CHECKS[2]}",
    ]


def test_alerts_that_go_elsewhere_are_named(
    path: Path, tools: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (path / "promtool").symlink_to(tools["promtool"])
    pretend(path, "amtool", 'case "$1" in config) echo somebody-else; exit 1;; esac')
    assert main(["test", "--stack-file", PROD]) == 1
    shown = capsys.readouterr().out
    assert "alertname=Watchdog severity=info owner=platform: goes to somebody-else, " in shown
    assert "and not to dead-mans-switch" in shown


def test_a_missing_tool_is_no_success(
    path: Path, tools: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (path / "amtool").symlink_to(tools["amtool"])
    assert main(["test", "--stack-file", PROD]) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines()[:3] == [
        f"not checked: {CHECKS[0]}",
        f"not checked: {CHECKS[1]}",
        f"right: {CHECKS[2]}",
    ]
    assert "promtool not found" in shown.err
    assert "python -m local tools prometheus alertmanager" in shown.err


def test_what_is_wrong_is_worse_than_what_is_missing(path: Path) -> None:
    pretend(path, "promtool", "exit 1")
    assert main(["test", "--stack-file", PROD]) == 1


@pytest.mark.parametrize("command", [["test"], ["render", "--out", "out"]], ids=" ".join)
def test_a_stack_file_that_will_not_do_is_named(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = HERE / "bad" / "duplicate_keys.yaml"
    silent = HERE / "good" / "minimal.yaml"
    for file in (wrong, silent, tmp_path / "absent"):
        assert main([*command, "--stack-file", str(file)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{wrong}:9: models.ocr.stable: found the key again, as in line 8; write it once",
        f'{wrong}:13: models.ocr.versions["v1.1"]: found the key again, as in line 11; '
        "write it once",
        f"{silent}: alerting: found nothing; write what is collected and who is told",
        f"{tmp_path / 'absent'}: No such file or directory; write another path",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["render", "--stack-file", PROD, "--out", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'file'}: File exists; write another path\n"


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m monitoring test --stack-file Pulumi.prod.yaml" in capsys.readouterr().out
