"""What a review finds in a change, and what it never shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.review import Review, Side, preview, review
from infra.review.__main__ import main
from infra.review.machine import to_dict
from infra.review.objects import object_changes
from infra.review.secrets import changed_secrets, ciphertexts
from tests.unit.infra.stacks import image, stack

GOOD = (Path(__file__).parents[2] / "golden/reviews/next-step/head.yaml").read_text()


def of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Review:
    """The review of a change of the model `ocr`, without objects."""
    return review(Side(stack(**before), (), {}), Side(stack(**after), (), {}))


def edited(**edits: object) -> dict[str, Any]:
    return {"edits": edits}


def texts(found: Review, level: str = "attention") -> list[str]:
    return [risk.text for risk in found.risks if risk.level == level]


def test_no_change_is_fine_and_lists_nothing() -> None:
    found = of({}, {})
    assert found.verdict == "fine"
    assert (found.changes, found.traffic, found.risks) == ((), (), ())


def test_the_next_step_is_fine_and_names_the_window_that_the_guard_will_ask_for() -> None:
    found = of({"canary": {"v1.2": 5}}, {"canary": {"v1.2": 20}})
    assert found.verdict == "fine"
    assert found.conditions == ("models.ocr: v1.2 has had its 5% for a whole window of 30m",)


def test_a_skipped_step_is_refused_in_the_words_of_the_guard() -> None:
    found = of({"canary": {"v1.2": 5}}, {"canary": {"v1.2": 50}})
    assert found.verdict == "refused"
    assert "from 5% the next step is 20%" in found.refused[0]


def test_another_image_for_a_version_with_requests_is_refused() -> None:
    found = of({}, {"images": {"v1.1": image("other")}})
    assert "give the new one a version of its own" in found.refused[0]


def test_going_back_to_a_warm_version_is_allowed_on_a_condition() -> None:
    found = of({"stable": "v1.2"}, {"stable": "v1.1"})
    assert found.refused == ()
    assert "v1.1 is the stable version before v1.2" in found.conditions[0]


def test_a_stable_that_was_never_there_is_refused() -> None:
    found = of({"versions": ("v1.1",)}, {"stable": "v1.3", "versions": ("v1.1", "v1.3")})
    assert "never was a full canary" in found.refused[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"slo": {"errorRatio": 0.01}}, {"slo": {"errorRatio": 0.02}}),
        ({"slo": {"p99": "900ms"}}, {"slo": {"p99": "1s"}}),
        ({"slo": {"trafficDrop": 0.3}}, {"slo": {"trafficDrop": 0.4}}),
        ({"alerts": {}}, {"alerts": {"RouteMissing": {"enabled": False}}}),
        ({"alerts": {}}, {"alerts": {"RouteMissing": {"for": "16m"}}}),
        ({"alerts": {}}, {"alerts": {"CanaryErrorsAboveStable": {"threshold": 3}}}),
        ({"rollout": {"window": "30m"}}, {"rollout": {"window": "29m"}}),
        ({"rollout": {"minRequests": 500}}, {"rollout": {"minRequests": 499}}),
        ({"rollout": {"steps": [5, 50, 100]}}, {"rollout": {"steps": [5, 100]}}),
        ({"rollout": {"onNoData": "rollback"}}, {"rollout": {"onNoData": "hold"}}),
        ({"isolation": "required"}, {"isolation": "shared"}),
    ],
)
def test_what_loosens_needs_attention_and_its_opposite_does_not(
    before: dict[str, object], after: dict[str, object]
) -> None:
    assert "is looser" in texts(of(edited(**before), edited(**after)))[0]
    assert of(edited(**after), edited(**before)).verdict == "fine"


def test_the_catalogue_speaks_where_the_file_is_silent() -> None:
    found = of({}, edited(alerts={"RouteMissing": {"for": "16m"}}))
    (change,) = found.changes
    assert (change.before, change.after) == ("15m", "16m")


def test_writing_a_default_out_changes_nothing() -> None:
    found = of({}, edited(alerts={"RouteMissing": {"for": "15m"}}))
    assert found.changes == ()


def test_an_override_needs_attention_and_lifts_the_refusal() -> None:
    override = {
        "model": "ocr",
        "stable": "v1.1",
        "canary": {"v1.2": 100},
        "reason": "incident 4711",
    }
    found = of({}, {"canary": {"v1.2": 100}, "override": override})
    assert found.refused == ()
    assert "the guard is overruled for ocr: incident 4711" in texts(found)


def test_taking_a_version_away_while_requests_reach_it_needs_attention() -> None:
    found = of({"canary": {"v1.2": 5}}, {"versions": ("v1.1",)})
    assert any("take its weight to 0 first" in text for text in texts(found))


def test_a_roll_back_is_fine_and_a_plain_revert_of_it_is_not() -> None:
    found = of({"canary": {"v1.2": 50}}, {"canary": {"v1.2": 0}})
    assert found.verdict == "fine"
    assert "write 5 or less" in found.undo.revert_refused[0]
    assert found.undo.at_once == ()


def test_a_raised_weight_is_taken_back_by_one_command() -> None:
    before, after = stack(canary={"v1.2": 5}), stack(canary={"v1.2": 20})
    found = review(Side(before, (), {}), Side(after, (), {}), stack="prod")
    assert found.undo.at_once == (
        "pulumi config set --stack prod --path 'paddle-canary:models.ocr.canary[\"v1.2\"]' 0",
        "pulumi up --stack prod",
    )


def test_going_back_waits_for_pods_that_the_change_takes_away() -> None:
    found = of({"canary": {"v1.2": 100}}, {"stable": "v1.2", "versions": ("v1.2",)})
    assert found.undo.starts == ("ocr v1.1",)


def manifest(kind: str, **spec: object) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "a", "namespace": "n"}, "spec": spec}


def test_objects_are_created_updated_replaced_and_deleted() -> None:
    before = [manifest("Deployment", selector="x"), manifest("Service", ports=1), manifest("Gone")]
    after = [manifest("Deployment", selector="y"), manifest("Service", ports=2), manifest("New")]
    found = [(each.action, each.kind, each.fields) for each in object_changes(before, after)]
    assert found == [
        ("replace", "Deployment", ("spec.selector",)),
        ("update", "Service", ("spec.ports",)),
        ("create", "New", ()),
        ("delete", "Gone", ()),
    ]


@pytest.mark.parametrize(("field", "restarts"), [("template", True), ("replicas", False)])
def test_only_another_template_restarts_pods(field: str, restarts: bool) -> None:
    (change,) = object_changes(
        [manifest("Deployment", **{field: 1})], [manifest("Deployment", **{field: 2})]
    )
    assert change.restarts is restarts


def test_a_secret_is_told_by_its_path_and_never_by_its_value() -> None:
    before = ciphertexts(b'config: {"paddle-canary:registry": {password: {secure: OLD}}}')
    after = ciphertexts(
        b'encryptionsalt: SALT\nconfig: {"paddle-canary:registry": {password: {secure: NEW}}}'
    )
    lines = changed_secrets(before, after)
    assert [line.split()[0] for line in lines] == ["registry.password", "encryptionsalt"]
    assert not any(value in "".join(lines) for value in ("OLD", "NEW", "SALT"))


def test_a_secret_inside_a_new_version_is_not_shown_either() -> None:
    old = {"image": image("v1.1"), "pool": "gpu"}
    new = {"image": image("v1.2"), "pool": "gpu", "env": {"API_KEY": "hunter2"}}
    found = of(edited(versions={"v1.1": old}), edited(versions={"v1.1": old, "v1.2": new}))
    assert [change.path[-1] for change in found.changes] == ["v1.2"]
    assert "hunter2" not in json.dumps(to_dict(found))


PREVIEW = {
    "steps": [
        {"op": "same", "urn": "urn:pulumi:prod::p::kubernetes:core/v1:Service::ocr-v1-1"},
        {
            "op": "update",
            "urn": "urn:pulumi:prod::p::paddle-canary:model:ModelRelease"
            "$kubernetes:networking.k8s.io/v1:Ingress::ocr-canary",
            "diffReasons": ["metadata"],
        },
    ],
    "diagnostics": [{"severity": "error", "message": "the guard refuses\n"}],
}


def test_a_preview_gives_its_steps_and_errors() -> None:
    found = preview.read(json.dumps(PREVIEW))
    assert found.steps == (
        preview.Step("update", "kubernetes", "Ingress", "ocr-canary", ("metadata",)),
    )
    assert found.errors == ("the guard refuses",)


def test_an_error_of_the_preview_refuses_and_an_unexplained_step_needs_attention() -> None:
    side = Side(stack(), (), {})
    steps = {"steps": PREVIEW["steps"]}
    unexplained = review(side, side, preview=preview.read(json.dumps(steps)))
    assert (unexplained.verdict, len(unexplained.unforeseen)) == ("attention", 1)
    assert review(side, side, preview=preview.read(json.dumps(PREVIEW))).verdict == "refused"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": 1}', '{"steps": ["a"]}', "null"])
def test_what_is_no_preview_is_refused_by_name(text: str) -> None:
    with pytest.raises(preview.NoPreview, match="pulumi preview --json"):
        preview.read(text)


def test_the_provider_and_components_are_no_unexplained_steps() -> None:
    steps = [
        {"op": "create", "urn": f"urn:pulumi:prod::p::{kind}::a"}
        for kind in ("pulumi:providers:kubernetes", "paddle-canary:model:ModelRelease")
    ]
    side = Side(stack(), (), {})
    found = review(side, side, preview=preview.read(json.dumps({"steps": steps})))
    assert found.verdict == "fine"


def test_only_new_advice_of_the_policies_is_told() -> None:
    tagged = manifest(
        "Deployment", template={"spec": {"containers": [{"name": "c", "image": "ocr:v1"}]}}
    )
    nothing, there = Side(stack(), (), {}), Side(stack(), (tagged,), {})
    told = texts(review(nothing, there, stack="prod"), "note")
    assert any("policy image-digest" in text for text in told)
    assert not any("policy" in text for text in texts(review(there, there, stack="prod"), "note"))


def test_the_command_compares_with_a_revision_of_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "Pulumi.prod.yaml"
    _git("init", "--quiet")
    _git("commit", "--quiet", "--allow-empty", "--message", "nothing")
    file.write_text(GOOD)
    assert main(["HEAD:Pulumi.prod.yaml", "Pulumi.prod.yaml"]) == 0
    assert "ocr is new" in capsys.readouterr().out
    _git("add", ".")
    _git("commit", "--quiet", "--message", "a stack")
    file.write_text(GOOD.replace("v1.2: 20", "v1.2: 50"))
    assert main(["HEAD:Pulumi.prod.yaml", "Pulumi.prod.yaml"]) == 0
    assert "pulumi up --stack prod" in capsys.readouterr().out


def _git(*arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], check=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["absent.yaml", "good.yaml"],
        ["good.yaml", "absent.yaml"],
        ["no-revision:good.yaml", "good.yaml"],
        ["wrong.yaml", "good.yaml"],
        ["good.yaml", "good.yaml", "--preview", "absent.json"],
        ["good.yaml", "good.yaml", "--preview", "good.yaml"],
    ],
    ids=" ".join,
)
def test_without_a_review_the_status_is_no_verdict(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "wrong.yaml").write_text("config: {}\n")
    assert main(arguments) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err


def test_wrong_arguments_are_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["one.yaml"])
    assert left.value.code == 3
    assert "usage" in capsys.readouterr().err
