"""The policy pack on the real engine. It needs no cluster: the provider writes files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.policy.rules import EVERY, Rule, StackRule
from local.environment import Engine, variables
from local.python_env import ROOT, environment
from local.toolchain import ensure
from tests.policy.corpus import PROGRAMS

HOST = ROOT / "local/language_host"
ENGINE = ("pulumi", "pulumi-language-python", "pulumi-kubernetes")
Preview = Callable[[Path], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    """Previews a file of objects as stack `prod`, with the pack in an environment of its own."""
    home = tmp_path_factory.mktemp("policies")
    installed = shutil.which("pulumi") is not None
    engine = Engine(home / "state", None if installed else home / "pulumi-home")
    engine.make({} if installed else ensure(ENGINE, print))
    pack = home / "infra/policy"
    shutil.copytree(ROOT / "infra", home / "infra", ignore=shutil.ignore_patterns(".venv"))
    (pack / ".venv").symlink_to(environment(pack / "requirements.txt"))
    project = home / "project"
    shutil.copytree(ROOT / "tests/policy/project", project)
    own = environment(ROOT / "requirements-dev.txt") / "bin"
    path = [str(own), os.environ["PATH"]]
    if engine.home is not None:
        path = [str(HOST), str(own), str(engine.home / "bin"), os.environ["PATH"]]
    env = {
        **os.environ,
        **variables(home / "no-kubeconfig", engine, None),
        "PATH": os.pathsep.join(path),
    }

    def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", "--non-interactive", "--color=never", *arguments]
        return subprocess.run(
            command, cwd=project, env=env, capture_output=True, text=True, check=False
        )

    made = pulumi("stack", "init", "prod")
    assert made.returncode == 0, made.stderr
    pulumi("config", "set", "rendered", str(home / "rendered"))

    def run(objects: Path) -> subprocess.CompletedProcess[str]:
        pulumi("config", "set", "objects", str(objects))
        return pulumi("preview", "--policy-pack", str(pack))

    return run


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
def test_the_engine_refuses_a_bad_program_and_says_why(
    preview: Preview, rule: Rule | StackRule
) -> None:
    done = preview(PROGRAMS / rule.name / "bad.yaml")
    assert re.search(rf"\[{rule.level}\] +{rule.name}", done.stdout), done.stdout + done.stderr
    assert (done.returncode != 0) is (rule.level == "mandatory")


@pytest.mark.parametrize("name", ["canary-apart", "weight-valid", "no-plain-secret"])
def test_the_engine_lets_a_good_program_through(preview: Preview, name: str) -> None:
    done = preview(PROGRAMS / name / "good.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[mandatory]" not in done.stdout
    assert "[advisory]" not in done.stdout
