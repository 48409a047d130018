"""The lines that a shell evaluates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local.environment import PASSPHRASE, Engine, export_lines, of_shell, variables


def test_a_shell_gets_every_variable_as_it_is_whatever_blanks_it_holds() -> None:
    lines = export_lines({"KUBECONFIG": "/a b/it's $HOME"}, Path("/v"), [Path("/t 1"), Path("/t2")])

    script = "\n".join(["PATH=/usr/bin", *lines, 'echo "$PATH"; echo "$KUBECONFIG"'])
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)

    assert shell.stdout.splitlines() == ["/v/bin:/usr/bin:/t 1:/t2", "/a b/it's $HOME"]


def test_installed_tools_come_before_built_ones() -> None:
    (path, *_) = export_lines({}, None, [Path("/built")])

    assert path == 'export PATH="$PATH":/built'


def test_pulumi_is_pointed_at_the_instances_own_state() -> None:
    engine = Engine(Path("/state"), Path("/state/home"))

    found = variables(Path("/k"), engine, "http://127.0.0.1:18080")

    assert found["PULUMI_BACKEND_URL"] == "file:///state/pulumi?metadata=skip"
    assert found["PULUMI_HOME"] == "/state/home"
    assert found["KUBECONFIG"] == "/k"


def test_an_installed_pulumi_keeps_its_own_home() -> None:
    assert "PULUMI_HOME" not in variables(Path("/k"), Engine(Path("/state"), None), None)


def test_built_programs_lie_where_an_install_has_them_and_making_them_again_is_fine(
    tmp_path: Path,
) -> None:
    engine = Engine(tmp_path / "state", tmp_path / "home")
    built = {
        "pulumi": ["pulumi"],
        "pulumi-language-python": ["pulumi-language-python", "pulumi-language-python-exec"],
        "pulumi-kubernetes": ["pulumi-resource-kubernetes"],
    }
    for tool, binaries in built.items():
        (tmp_path / tool).mkdir()
        for binary in binaries:
            (tmp_path / tool / binary).write_text(binary)
    tools = {tool: tmp_path / tool for tool in built}

    engine.make(tools)
    engine.make(tools)

    beside_each_other = sorted(path.name for path in (tmp_path / "home/bin").iterdir())
    assert beside_each_other == sorted(built["pulumi"] + built["pulumi-language-python"])
    plugin = tmp_path / "home/plugins/resource-kubernetes-v4.18.2/pulumi-resource-kubernetes"
    assert plugin.read_text() == "pulumi-resource-kubernetes"
    assert not plugin.is_symlink()
    assert engine.passphrase_file.read_text() == PASSPHRASE
    assert engine.backend.is_dir()


def test_without_an_instance_a_shell_is_told_to_start_one(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        of_shell("never-started")

    assert "run `python -m local up --name never-started` first" in capfd.readouterr().err
