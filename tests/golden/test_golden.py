"""The rendered objects of whole stacks: as reviewed, valid for Kubernetes, and up to practice.

After a wanted change, write the golden files anew and review their difference:

    python -m render Pulumi.{dev,staging,prod}.yaml tests/golden/cases/*.yaml \\
        --no-dashboards --out tests/golden/rendered

Dashboards are read as pictures, and tested by what they ask: tests/dashboards.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from infra.config import load_file
from local.toolchain import ensure
from local.toolset import CHECKERS
from render import main, to_yaml
from tests.golden.schemas import schema_location

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STACKS = [ROOT / f"Pulumi.{stack}.yaml" for stack in ("dev", "staging", "prod")]
FILES = [*STACKS, *sorted((HERE / "cases").glob("*.yaml"))]
RENDERED = [HERE / "rendered" / file.name for file in FILES]
Manifest = dict[str, Any]


@pytest.fixture(scope="session")
def tools() -> dict[str, Path]:
    """The program of each checker."""
    return {name: place / name for name, place in ensure(CHECKERS, print).items()}


def run(program: Path, *arguments: str | Path) -> str:
    """What a checker prints; it exits with 1 when it finds something."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def kubeconform(tools: dict[str, Path]) -> Callable[..., str]:
    location = schema_location()

    def check(*files: Path) -> str:
        """Everything that kubeconform finds wrong, nothing when all is well."""
        return run(tools["kubeconform"], "-strict", "-schema-location", location, *files)

    return check


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stack_renders_to_its_golden_file(file: Path) -> None:
    golden = HERE / "rendered" / file.name
    assert to_yaml(load_file(file), dashboards=False) == golden.read_text()


def test_every_golden_file_belongs_to_a_stack() -> None:
    assert sorted((HERE / "rendered").iterdir()) == sorted(RENDERED)


def test_kubernetes_and_the_gateway_api_know_every_field(kubeconform: Callable[..., str]) -> None:
    assert kubeconform(*RENDERED) == ""


def rename(field: str, wrong: str) -> Callable[[Manifest], None]:
    def plant(spec: Manifest) -> None:
        spec[wrong] = spec.pop(field)

    return plant


class Defect(NamedTuple):
    """A mistake in the spec of the first object of a kind, and what kubeconform says of it."""

    stack: str
    kind: str
    plant: Callable[[Manifest], object]
    finding: str


DEFECTS = [
    Defect("dev", "Deployment", lambda spec: spec.pop("selector"), "missing property 'selector'"),
    Defect("dev", "Deployment", rename("replicas", "replica"), "'replica' not allowed"),
    Defect(
        "dev",
        "Deployment",
        lambda spec: rename("readinessProbe", "readynessProbe")(
            spec["template"]["spec"]["containers"][0]
        ),
        "'readynessProbe' not allowed",
    ),
    Defect("dev", "Service", lambda spec: spec["ports"][0].update(port="80"), "got string"),
    Defect("dev", "Ingress", rename("ingressClassName", "class"), "'class' not allowed"),
    Defect("dev", "PodDisruptionBudget", rename("maxUnavailable", "max"), "'max' not allowed"),
    Defect("prod", "HorizontalPodAutoscaler", rename("maxReplicas", "max"), "'max' not allowed"),
    Defect("staging", "HTTPRoute", rename("parentRefs", "parents"), "'parents' not allowed"),
    Defect(
        "staging",
        "HTTPRoute",
        lambda spec: spec["rules"][-1]["backendRefs"][0].update(weight=-1),
        "minimum",
    ),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.kind} {defect.finding}")
def test_a_planted_defect_is_found(
    kubeconform: Callable[..., str], tmp_path: Path, defect: Defect
) -> None:
    rendered = (HERE / "rendered" / f"Pulumi.{defect.stack}.yaml").read_text()
    objects = yaml.safe_load_all(rendered)
    spoilt = next(each for each in objects if each["kind"] == defect.kind)
    defect.plant(spoilt["spec"])
    file = tmp_path / "spoilt.yaml"
    file.write_text(yaml.safe_dump(spoilt))
    assert defect.finding in kubeconform(file)


def test_every_finding_of_kube_score_is_explained_and_every_explanation_needed(
    tools: dict[str, Path],
) -> None:
    options = ("--kubernetes-version", "v1.34", "--output-format", "json")
    scored = run(tools["kube-score"], "score", *options, *RENDERED)
    found = {
        (check["check"]["id"], comment["summary"])
        for scored_object in json.loads(scored)
        for check in scored_object["checks"]
        if check["grade"] < 10 and not check["skipped"]
        for comment in check["comments"]
    }
    explained = yaml.safe_load((HERE / "explained.yaml").read_text())
    assert found == {(each["check"], each["finding"]) for each in explained}
    assert all(each["reason"] for each in explained)


def test_the_command_prints_what_it_would_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(STACKS[0]), "--out", str(tmp_path / "out")]) == 0
    assert main([str(STACKS[0])]) == 0
    assert capsys.readouterr().out == (tmp_path / "out" / STACKS[0].name).read_text()


def test_the_command_refuses_a_wrong_stack_file_with_every_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "Pulumi.wrong.yaml"
    wrong.write_text("config: {}\n")
    assert main([str(wrong), str(tmp_path / "absent")]) == 1
    err = capsys.readouterr().err
    assert f"{wrong}: models: found nothing" in err
    assert f"{tmp_path / 'absent'}: No such file or directory; write the path" in err
