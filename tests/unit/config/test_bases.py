"""Stacks on a base: what holds for them, and what is said of wrong ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config import ConfigErrors, StackConfig, load_file, parse
from infra.config.__main__ import main
from infra.shared import from_shared, may_be_base, to_shared
from tests.unit.config.edits import base as one_stack
from tests.unit.config.fleets import PLATFORM, VISION
from tests.unit.monitoring.stacks import ALERTING, SECRETS


def platform(**edits: object) -> StackConfig:
    return parse({**PLATFORM, **edits})


def refused(values: dict[str, Any], base: StackConfig) -> str:
    with pytest.raises(ConfigErrors) as caught:
        parse(values, base=base)
    return str(caught.value)


def test_a_group_has_the_pools_of_its_base_and_declares_none() -> None:
    group = parse(VISION, base=platform())
    assert group.node_pools == platform().node_pools
    assert (group.platform, group.owns_platform) == ("platform", False)
    assert group.namespaces == ("vision",)
    assert platform().namespaces == ("platform", "vision", "speech")


def test_a_stack_that_stands_on_nothing_owns_everything() -> None:
    config = parse({**one_stack(), "alerting": ALERTING})
    assert config.owns_platform
    assert config.owns_alerting
    assert config.platform == config.namespace


def test_a_group_has_the_alerting_of_its_base_and_does_not_collect() -> None:
    watched = platform(alerting=ALERTING)
    group = parse(VISION, base=watched)
    assert group.alerting == watched.alerting
    assert watched.owns_alerting
    assert not group.owns_alerting


def test_a_stack_of_monitoring_stands_between_platform_and_groups() -> None:
    watching = parse({"base": "platform", "alerting": ALERTING, "models": {}}, base=platform())
    assert watching.owns_alerting
    assert not watching.owns_platform
    assert watching.namespaces == ("platform", "vision", "speech")
    group = parse(VISION | {"base": "monitoring"}, base=watching)
    assert group.platform == "platform"
    assert not group.owns_alerting


def test_what_a_base_exports_reads_as_its_file_but_without_secrets() -> None:
    watched = platform(alerting=ALERTING)
    text = to_shared(watched)
    read = from_shared(text)
    assert read.node_pools == watched.node_pools
    assert read.groups == watched.groups
    assert to_shared(read) == text
    assert all(secret not in text for secret in SECRETS)
    assert '"[secret]"' in text
    assert json.loads(text)["namespace"] == "platform"


def test_what_another_release_exports_is_told_apart() -> None:
    with pytest.raises(ValueError, match="cannot be read here"):
        from_shared(json.dumps({**json.loads(to_shared(platform())), "newKey": 1}))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (PLATFORM, True),
        (VISION, False),
        (one_stack(), False),
        ({"base": "platform", "alerting": {}, "models": {}}, True),
    ],
)
def test_only_bases_export_what_they_share(values: dict[str, Any], expected: bool) -> None:
    assert may_be_base(values) is expected


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"namespace": "visoin"}, 'namespace: found "visoin"; write one of the base\'s groups'),
        ({"namespace": "platform"}, "namespace: found nothing; write one of the base's groups"),
        ({"dataPlane": "ingress"}, "dataPlane: found a key that is the base's"),
        ({"nodePools": {}}, "write it in the file of platform"),
        ({"groups": ["more"]}, "groups: found a key that is the base's"),
    ],
)
def test_a_wrong_group_is_told_what_to_write(edits: dict[str, Any], said: str) -> None:
    assert said in refused(VISION | edits, platform())


def test_a_base_without_groups_has_nobody_on_it() -> None:
    said = refused(VISION, parse({**PLATFORM, "groups": []}))
    assert 'base: found "platform", which has no groups' in said


def test_alerting_is_the_bases_where_it_has_it() -> None:
    said = refused(VISION | {"alerting": ALERTING}, platform(alerting=ALERTING))
    assert "alerting: found a key that is the base's" in said


def test_the_rules_between_model_and_pool_hold_across_files() -> None:
    models = json.loads(json.dumps(VISION["models"]))
    models["ocr"]["versions"]["v1.1"]["pool"] = "nowhere"
    said = refused(VISION | {"models": models}, platform())
    assert 'pool: found "nowhere"; write a pool that nodePools has' in said


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (["platform"], "the stack's own namespace"),
        (["vision", "vision"], "which is there already"),
        (["paddle-monitoring"], "the namespace of alerting"),
    ],
)
def test_groups_have_namespaces_of_their_own(groups: list[str], said: str) -> None:
    with pytest.raises(ConfigErrors, match=said):
        platform(alerting=ALERTING, groups=groups)


def write(directory: Path, name: str, values: dict[str, Any]) -> Path:
    file = directory / f"Pulumi.{name}.yaml"
    content = {"config": {f"paddle-canary:{key}": value for key, value in values.items()}}
    file.write_text(yaml.safe_dump(content))
    return file


def test_the_file_of_a_base_is_looked_for_beside(tmp_path: Path) -> None:
    write(tmp_path, "platform", PLATFORM)
    group = load_file(write(tmp_path, "vision", VISION))
    assert group.node_pools == platform().node_pools


@pytest.mark.parametrize(
    ("of_base", "said"),
    [
        (None, "write a stack whose file is there: Pulumi.platform.yaml, beside this one"),
        ({"models": {}}, "whose file is refused (nodePools: found nothing"),
        ({"base": "vision", "models": {}}, "in a circle"),
    ],
)
def test_a_base_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], of_base: dict[str, Any] | None, said: str
) -> None:
    if of_base is not None:
        write(tmp_path, "platform", of_base)
    assert main(["check", str(write(tmp_path, "vision", VISION))]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "base: found" in error


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"namespace": "speech"}, ""),
        ({}, 'namespace: found "vision", where the models of stack vision are'),
        ({"namespace": "speech", "host": "ocr.example.com"}, "as models.ocr has in stack vision"),
    ],
)
def test_stacks_of_one_platform_are_checked_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], edits: dict[str, Any], said: str
) -> None:
    write(tmp_path, "platform", PLATFORM)
    models = json.loads(json.dumps(VISION["models"]))
    host = edits.pop("host", "other.example.com")
    models["ocr"]["host"] = host
    files = [
        write(tmp_path, "vision", VISION),
        write(tmp_path, "other", {**VISION, "models": models, **edits}),
    ]
    assert main(["check", *map(str, files)]) == (1 if said else 0)
    assert said in capsys.readouterr().err


def test_cards_of_all_groups_together_fit_into_a_pool(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pools = {name: {**pool, "cards": 1} for name, pool in PLATFORM["nodePools"].items()}
    write(tmp_path, "platform", {**PLATFORM, "nodePools": pools})
    models = {"ocr": {**VISION["models"]["ocr"], "host": "other.example.com"}}
    vision = write(tmp_path, "vision", VISION)
    speech = write(tmp_path, "speech", {**VISION, "namespace": "speech", "models": models})
    assert main(["check", str(vision)]) == 0
    assert main(["check", str(vision), str(speech)]) == 1
    said = capsys.readouterr().err
    assert "found 1 nvidia.com/gpu, of which all stacks want 2 (vision 1, speech 1)" in said
