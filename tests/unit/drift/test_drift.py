"""Drift reports on what the real engine printed after somebody had changed a stack by hand.

refresh.json: `kubectl annotate` had set a weight of 50, `kubectl delete` had taken a budget.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from infra.drift.__main__ import main
from infra.drift.read import Difference, NoRefresh, keys_of, read
from infra.drift.report import to_markdown

RECORDED = Path(__file__).parent / "refresh.json"
WEIGHT = 'metadata.annotations["nginx.ingress.kubernetes.io/canary-weight"]'


def edited(path: str, live: object, kind: str | None = None) -> list[Difference]:
    """What is found if that field of the recorded Ingress differs instead."""
    found: dict[str, Any] = copy.deepcopy(json.loads(RECORDED.read_text()))
    (step,) = (each for each in found["steps"] if each["op"] == "update")
    step["detailedDiff"] = {path: {"kind": "update"}}
    *above, last = keys_of(path)
    for state, value in (("oldState", "declared"), ("newState", live)):
        if kind is not None:
            step[state]["type"] = f"kubernetes:core/v1:{kind}"
        for part in ("inputs", "outputs"):
            at = step[state][part]
            for key in above:
                at = at.setdefault(key, {})
            at[last] = value
    return read(json.dumps({"steps": [step]}))


def test_what_was_changed_by_hand_is_found_with_who_did_it() -> None:
    changed, gone = sorted(read(RECORDED.read_text()), key=lambda each: each.kind)
    assert (changed.kind, changed.name, changed.path) == ("Ingress", "fleet-1-0/ocr-canary", WEIGHT)
    assert (changed.declared, changed.live) == ('"20"', '"50"')
    assert changed.who is not None
    assert changed.who.startswith("kubectl-annotate, 2026-")
    assert gone == Difference("PodDisruptionBudget", "fleet-1-0/ocr-v1-2", "", "there", "gone")


def test_what_the_stack_does_not_declare_is_no_drift() -> None:
    text = RECORDED.read_text().replace(
        json.dumps(WEIGHT), json.dumps('metadata.annotations["somebody.else/note"]')
    )
    assert [each.path for each in read(text)] == [""]


def test_secrets_are_not_shown() -> None:
    (found,) = edited('stringData["password"]', "another", "Secret")
    assert (found.declared, found.live) == ("[secret]", "[secret]")
    (hidden,) = edited("spec.token", {"4dabf18193072939515e22adb298388d": "1b4", "ciphertext": "x"})
    assert hidden.live == "[secret]"


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        (WEIGHT, ("metadata", "annotations", "nginx.ingress.kubernetes.io/canary-weight")),
        ("spec.rules[0].http", ("spec", "rules", 0, "http")),
        ('data["a\\"b"]', ("data", 'a"b')),
    ],
)
def test_paths_are_read_as_the_engine_writes_them(path: str, keys: tuple[str | int, ...]) -> None:
    assert keys_of(path) == keys


def test_a_hostile_value_stays_in_its_cell() -> None:
    (found,) = edited("spec.note", "`|[click](http://evil)\n| more")
    (row,) = (line for line in to_markdown("prod", [found]).splitlines() if "click" in line)
    assert row.count(" | ") == 5
    assert row.count("`") == 12


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": 1}', "error: no stack"])
def test_what_is_no_refresh_is_refused(text: str) -> None:
    with pytest.raises(NoRefresh, match="pulumi refresh --preview-only --json"):
        read(text)


def test_the_exit_status_tells_drift_from_none_and_from_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = tmp_path / "clean.json"
    clean.write_text('{"steps": []}')
    given = ["--stack", "prod", "--preview"]
    assert main([*given, str(RECORDED)]) == 1
    assert "# Drift of prod: 2" in capsys.readouterr().out
    assert main([*given, str(RECORDED), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["drift"]) == 2
    assert main([*given, str(clean)]) == 0
    assert main([*given, str(tmp_path / "none.json")]) == 3
