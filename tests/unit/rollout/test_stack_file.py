"""The stack file after a change of traffic, byte by byte."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from infra.config.stack_file import load
from infra.split import Split
from rollout.stack_file import StackFileError, change, changed

ROOT = Path(__file__).parents[3]
PROD = (ROOT / "Pulumi.prod.yaml").read_text()
FRAME = """\
config:
  paddle-canary:nodePools:
    a: {{provider: existing, nodes: [n1], track: stable}}
    b: {{provider: existing, nodes: [n2], track: canary}}
  paddle-canary:models:
    ocr:  # the running example
      host: ocr.example.com
{traffic}
      # what runs
      versions:
        v1.1: {{image: "ocr:v1.1", pool: a}}
        v1.2: {{image: "ocr:v1.2", pool: b}}
        "1.3": {{image: "ocr:v1.3", pool: b}}
"""


def frame(*traffic: str) -> str:
    return FRAME.format(traffic="\n".join(f"      {line}" for line in traffic))


CASES = {
    "one number": (
        ["stable: v1.1", "canary: {v1.2: 5}  # since Monday"],
        Split("v1.1", {"v1.2": 20}),
        ["stable: v1.1", "canary: {v1.2: 20}  # since Monday"],
    ),
    "tenths": (
        ["stable: v1.1", "canary: {v1.2: 5}"],
        Split("v1.1", {"v1.2": 2.5}),
        ["stable: v1.1", "canary: {v1.2: 2.5}"],
    ),
    "the first canary": (
        ["stable: v1.1", "canary: {}"],
        Split("v1.1", {"v1.2": 5}),
        ["stable: v1.1", "canary: {v1.2: 5}"],
    ),
    "a canary that was never mentioned": (
        ["stable: v1.1  # good"],
        Split("v1.1", {"v1.2": 5}),
        ["stable: v1.1", "canary: {v1.2: 5}  # good"],
    ),
    "a block": (
        ["stable: v1.1", "canary:", "  v1.2: 5  # slowly"],
        Split("v1.1", {"v1.2": 50}),
        ["stable: v1.1", "canary:", "  v1.2: 50  # slowly"],
    ),
    "a block that becomes empty": (
        ["stable: v1.1", "canary:", "  v1.2: 100  # slowly"],
        Split("v1.2", {}),
        ["stable: v1.2", "canary:", "  {}  # slowly"],
    ),
    "a version that YAML takes for a number": (
        ["stable: v1.1", "canary: {v1.2: 0}"],
        Split("v1.1", {"1.3": 5}),
        ["stable: v1.1", 'canary: {"1.3": 5}'],
    ),
    "promotion": (
        ["canary: {v1.2: 100}", 'stable: "v1.1"'],
        Split("v1.2", {}),
        ["canary: {}", "stable: v1.2"],
    ),
    "a weight in quotes, as the CLI leaves it": (
        ["stable: v1.1", 'canary: {v1.2: "2.5"}'],
        Split("v1.1", {"v1.2": 5}),
        ["stable: v1.1", "canary: {v1.2: 5}"],
    ),
}


@pytest.mark.parametrize(("before", "split", "after"), CASES.values(), ids=CASES)
def test_only_the_traffic_changes(before: list[str], split: Split, after: list[str]) -> None:
    assert changed(frame(*before), "ocr", split) == frame(*after)


def test_a_model_in_one_line() -> None:
    line = '    b: {host: b.example.com, stable: v1, versions: {v1: {image: "b:1", pool: a}, %s}}\n'
    text = frame("stable: v1.1") + line % 'v2: {image: "b:2", pool: b}'
    assert changed(text, "b", Split("v1", {"v2": 5})) == text.replace(
        "stable: v1, versions", "stable: v1, canary: {v2: 5}, versions"
    )


@given(weight=st.integers(0, 1000), stable=st.sampled_from(["v1.1", "v1.2"]))
def test_the_production_stack_reads_back(weight: int, stable: str) -> None:
    other = {"v1.1": "v1.2", "v1.2": "v1.1"}[stable]
    new = load(changed(PROD, "ocr", Split(stable, {other: weight / 10})).encode())
    assert (new.models["ocr"].stable, new.models["ocr"].canary) == (stable, {other: weight / 10})


def test_what_is_said_already_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(PROD)
    before = file.stat().st_ino
    assert not change(file, "ocr", Split("v1.1", {"v1.2": 5}))
    assert file.stat().st_ino == before


def test_the_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(PROD)
    file.chmod(0o640)
    assert change(file, "ocr", Split("v1.1", {"v1.2": 20}))
    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(PROD)
    with pytest.raises(StackFileError, match="models has no orc; it has layout, ocr"):
        change(file, "orc", Split("v1.1", {}))


def test_what_the_check_refuses_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(PROD)
    with pytest.raises(StackFileError, match=r'canary\.v9: found "v9"; write a version'):
        change(file, "ocr", Split("v1.1", {"v9": 5}))
    assert file.read_text() == PROD


def test_an_anchor_shared_with_another_model_is_refused() -> None:
    shared = frame("stable: v1.1", "canary: &weights {v1.2: 5}") + (
        "    b:\n      host: b.example.com\n      stable: v1.1\n      canary: *weights\n"
        '      versions: {v1.1: {image: "b:1", pool: a}, v1.2: {image: "b:2", pool: b}}\n'
    )
    with pytest.raises(ValueError, match="shared by an anchor"):
        changed(shared, "ocr", Split("v1.1", {"v1.2": 20}))
