"""The script that the pipelines of examples/ci run, on a repository of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
REVIEWS = ROOT / "tests/golden/reviews"
SCRIPT = ROOT / "examples/ci/review.sh"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two stacks, committed on a branch `deployed`."""
    git(tmp_path, "init", "--quiet")
    for stack in ("dev", "prod"):
        change(tmp_path, stack, "next-step/base.yaml")
    git(tmp_path, "branch", "deployed")
    return tmp_path


def git(directory: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], cwd=directory, check=True)


def change(directory: Path, stack: str, recorded: str) -> None:
    """Commit a recorded stack file as that of `stack`."""
    (directory / f"Pulumi.{stack}.yaml").write_text((REVIEWS / recorded).read_text())
    git(directory, "add", "Pulumi.*.yaml")
    git(directory, "commit", "--quiet", "--message", recorded)


def reviewed(directory: Path, base: str = "deployed") -> tuple[int, str]:
    """Exit status, and what the script has written."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [SCRIPT, base], cwd=directory, env=env, capture_output=True, text=True, check=False
    )
    file = directory / "review.md"
    return done.returncode, file.read_text() if file.exists() else done.stderr


def test_only_changed_stacks_are_reviewed(repository: Path) -> None:
    change(repository, "prod", "next-step/head.yaml")
    status, review = reviewed(repository)
    assert status == 0
    assert review.count("# Review of stack prod") == 1
    assert "stack dev" not in review


def test_a_refusal_is_worse_than_a_question(repository: Path) -> None:
    change(repository, "dev", "skipped-step/head.yaml")
    change(repository, "prod", "looser-alerts/head.yaml")
    status, review = reviewed(repository)
    assert status == 1
    assert "stack dev: refused" in review
    assert "stack prod: needs a person's attention" in review


def test_without_a_changed_stack_there_is_nothing_to_say(repository: Path) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    assert reviewed(repository) == (0, "No stack file changes.\n")


def test_a_revision_that_is_not_there_fails_the_gate(repository: Path) -> None:
    assert reviewed(repository, "no-such-branch")[0] == 3


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitee"])
def test_each_pipeline_is_yaml_and_runs_the_script(forge: str) -> None:
    text = (ROOT / f"examples/ci/{forge}.yml").read_text()
    assert isinstance(yaml.safe_load(text), dict)
    assert "examples/ci/review.sh" in text


@pytest.mark.parametrize("forge", ["github", "gitlab", "gitee"])
def test_each_schedule_is_yaml_and_asks_for_drift(forge: str) -> None:
    text = (ROOT / f"examples/ci/{forge}-drift.yml").read_text()
    assert isinstance(yaml.safe_load(text), dict)
    assert "python -m infra.drift --stack" in text
    # Its exit status must not be that of tee.
    assert "pipefail" in text or "shell: bash" in text
