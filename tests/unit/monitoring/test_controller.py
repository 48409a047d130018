"""The rollout controller's objects: what it may do is what a release needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.config import ConfigErrors, StackConfig, load_file, parse
from infra.split import Split
from monitoring.collection import manifests
from monitoring.collection.controller import LEASE
from render import manifests as all_objects
from rollout import journal, serve
from rollout.stack_file import with_split
from tests.unit.config.edits import edited
from tests.unit.monitoring.stacks import OPERATOR, stack, values

CASE = Path(__file__).parents[2] / "golden" / "cases" / "controller.yaml"
CONTROLLER = {
    "controller": {
        "image": "registry.example.com/rollout:v1",
        "stack": "prod",
        "backend": "s3://states",
        "checkout": "checkout",
        "secret": "rollout",
    }
}
GATEWAY = {"dataPlane": "gateway", "gateway": {"name": "shared", "namespace": "gateways"}}
PLURALS = {"Ingress": "ingresses", "HTTPRoute": "httproutes", "Service": "services"}


def rules(config: StackConfig, kind: str = "Role") -> list[dict[str, Any]]:
    (found,) = [
        each
        for each in manifests(config)
        if each["kind"] == kind
        and each["metadata"]["labels"]["app.kubernetes.io/name"] == "rollout-controller"
    ]
    granted: list[dict[str, Any]] = found["rules"]
    return granted


def changed(config: StackConfig) -> Iterator[tuple[str, str]]:
    """Kind (in the plural) and name of what any step of any release changes."""
    for name, model in config.models.items():
        for new in model.versions:
            base = with_split(config, name, Split(model.stable, {}))
            before = list(all_objects(base))
            for split in (
                Split(model.stable, {new: 0} if new != model.stable else {}),
                Split(model.stable, {new: 20} if new != model.stable else {}),
                Split(new, {}),
            ):
                after = list(all_objects(with_split(config, name, split)))
                assert len(after) == len(before)
                for old, now in zip(before, after, strict=True):
                    if old != now:
                        yield PLURALS[now["kind"]], now["metadata"]["name"]


@pytest.mark.parametrize("plane", [{}, GATEWAY], ids=["ingress", "gateway"])
def test_it_may_change_what_a_release_changes_and_nothing_else(plane: dict[str, Any]) -> None:
    config = stack({**CONTROLLER, **plane})
    may = {
        (plural, name)
        for rule in rules(config)
        if "patch" in rule["verbs"]
        for plural in rule["resources"]
        for name in rule["resourceNames"]
    }
    assert may == set(changed(config))


def test_what_it_may_write_besides_are_its_own_journals_and_leases() -> None:
    config = load_file(CASE)
    writes = {"create", "update", "patch", "delete", "deletecollection", "*"}
    found = {
        (plural, verb, name)
        for rule in rules(config)
        for plural in rule["resources"]
        for verb in writes & set(rule["verbs"])
        for name in rule.get("resourceNames", [None])
        if verb != "patch"
    }
    journals = {journal.name(model) for model in config.models}
    assert found == {
        ("configmaps", "create", None),
        ("leases", "create", None),
        *(("configmaps", "update", name) for name in journals),
        *(("leases", "update", name) for name in {*journals, serve.LEASE}),
    }
    assert LEASE == serve.LEASE


def test_of_the_cluster_it_lists_nodes_and_pods_alone() -> None:
    assert [
        (rule["resources"], rule["verbs"]) for rule in rules(load_file(CASE), "ClusterRole")
    ] == [
        (["nodes"], ["list"]),
        (["pods"], ["list"]),
    ]


def test_no_right_reaches_secrets_a_proxy_or_everything() -> None:
    config = load_file(CASE)
    for rule in [*rules(config), *rules(config, "ClusterRole")]:
        assert not {"*", "secrets", "services/proxy", "pods/exec"} & {
            *rule["resources"],
            *rule["verbs"],
            *rule["apiGroups"],
        }


@pytest.mark.parametrize("mode", [{}, OPERATOR], ids=["embedded", "operator"])
def test_without_controller_there_is_none(mode: dict[str, Any]) -> None:
    assert "rollout-controller" not in str(list(manifests(stack(mode))))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"backend": "states"}, "controller.backend: found"),
        ({"image": "rollout"}, "controller.image: found"),
        ({"secret": None}, "controller.secret: found"),
    ],
)
def test_what_is_wrong_with_it_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigErrors) as raised:
        parse(values({"controller": {**CONTROLLER["controller"], **wrong}}))
    assert words in str(raised.value)


def test_a_controller_without_alerting_is_refused() -> None:
    with pytest.raises(ConfigErrors) as raised:
        parse(edited(CONTROLLER))
    assert str(raised.value) == (
        "controller: found controller without alerting; write alerting, which a rollout is judged "
        "by, or remove controller"
    )
