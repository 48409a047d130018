"""Each rule lets its good program through, and refuses its bad one with a way out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra import names
from infra.config import load_file
from infra.policy import images, isolation, ownership, pods, resource, routes, secrets
from infra.policy.resource import Resource, Settings
from infra.policy.rules import EVERY
from render import manifests
from tests.policy.corpus import NAMES, PROGRAMS, of_manifest, resources, violations

ROOT = Path(__file__).parents[2]
PROD = Settings(stack="prod")
ANYWHERE = Settings()
WAYS_OUT = ("write", "remove", "mount", "choose")
STACKS = [*sorted(ROOT.glob("Pulumi.*.yaml")), *sorted((ROOT / "tests/golden/cases").iterdir())]
FLEET = sorted((ROOT / "examples/fleet").glob("Pulumi.*.yaml"))


def test_every_rule_has_its_programs_and_every_program_its_rule() -> None:
    assert sorted(each.name for each in PROGRAMS.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_good_program_violates_nothing(name: str) -> None:
    assert list(violations(resources(PROGRAMS / name / "good.yaml"), PROD)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_program_violates_its_rule_alone_and_is_told_the_way_out(name: str) -> None:
    settings = PROD if name == "image-digest" else ANYWHERE
    found = list(violations(resources(PROGRAMS / name / "bad.yaml"), settings))
    assert {rule for rule, _ in found} == {name}
    assert all(any(way in message for way in WAYS_OUT) for _, message in found)


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_what_the_project_deploys_violates_no_mandatory_rule(file: Path) -> None:
    config = load_file(file)
    shared = tuple(name for name, each in config.models.items() if each.isolation == "shared")
    mandatory = {rule.name for rule in EVERY if rule.level == "mandatory"}
    settings = Settings(stack=file.stem, shared_models=shared)
    found = violations(map(of_manifest, manifests(config)), settings)
    assert [each for each in found if each[0] in mandatory] == []


@pytest.mark.parametrize("file", FLEET, ids=lambda file: file.name)
def test_no_stack_of_a_fleet_violates_any_rule(file: Path) -> None:
    found = violations(map(of_manifest, manifests(load_file(file))), ANYWHERE)
    assert list(found) == []


def test_labels_are_those_of_the_program() -> None:
    assert (resource.MODEL, resource.VERSION) == (names.MODEL, names.VERSION)


def pod(**edits: object) -> Resource:
    return Resource("Pod", "a", {"spec": {"containers": [{"name": "c", **edits}]}})


@pytest.mark.parametrize(
    ("image", "right"),
    [
        ("ocr", False),
        ("ocr:latest", False),
        ("registry:5000/ocr", False),
        ("registry:5000/ocr:v1", True),
        (f"ocr@sha256:{'a' * 64}", True),
        ("ocr@sha256:abc", False),
        ("", False),
    ],
)
def test_a_tag_that_moves_is_told_from_one_that_stays(image: str, right: bool) -> None:
    assert (list(images.pinned(pod(image=image), ANYWHERE)) == []) is right


@pytest.mark.parametrize(("stack", "refused"), [("prod", 1), ("prod-eu", 1), ("dev", 0)])
def test_digests_are_wanted_by_the_prefix_of_the_stack(stack: str, refused: int) -> None:
    found = list(images.by_digest(pod(image="ocr:v1"), Settings(stack=stack)))
    assert len(found) == refused


@pytest.mark.parametrize(
    ("variable", "refused"),
    [
        ({"name": "DB_PASSWORD", "value": "x"}, True),
        ({"name": "API_KEY", "value": "x"}, True),
        ({"name": "TOKEN", "valueFrom": {"secretKeyRef": {}}}, False),
        ({"name": "MAX_TOKENS", "value": "512"}, False),
        ({"name": "HOOK", "value": "https://h/robot?access_token=0123456789abcdef0"}, True),
        ({"name": "STORE", "value": "https://store.example.com:9000/a@b"}, False),
    ],
)
def test_secrets_are_known_by_name_or_shape(variable: Mapping[str, Any], refused: bool) -> None:
    assert bool(list(secrets.none_in_plain_text(pod(env=[variable]), ANYWHERE))) is refused


def test_no_message_shows_a_secret() -> None:
    variable = {"name": "TOKEN", "value": "hunter2"}
    (message,) = secrets.none_in_plain_text(pod(env=[variable]), ANYWHERE)
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "spec",
    [
        {"hostNetwork": True},
        {"hostPID": True},
        {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
    ],
    ids=str,
)
def test_the_host_stays_out_of_reach(spec: Mapping[str, object]) -> None:
    assert list(pods.restricted(Resource("Pod", "a", {"spec": spec}), ANYWHERE))


def test_containers_that_run_first_are_looked_at_too() -> None:
    first = Resource("Pod", "a", {"spec": {"initContainers": [{"name": "i", "image": "ocr"}]}})
    assert list(images.pinned(first, ANYWHERE))


def test_an_account_of_its_own_is_a_need_for_its_token() -> None:
    own = {"spec": {"serviceAccountName": "exporter"}}
    default = {"spec": {"serviceAccountName": "default"}}
    assert not list(pods.token(Resource("Pod", "a", own), ANYWHERE))
    assert list(pods.token(Resource("Pod", "a", default), ANYWHERE))


def test_a_model_that_says_so_may_share_nodes() -> None:
    bad = resources(PROGRAMS / "canary-apart" / "bad.yaml")[0]
    assert not list(isolation.apart(bad, Settings(shared_models=("ocr",))))


@pytest.mark.parametrize("weight", ["abc", "2.5", "101", "-1", ""])
def test_a_weight_that_controllers_misread_is_refused(weight: str) -> None:
    canary = resources(PROGRAMS / "weight-valid" / "good.yaml")[1]
    annotation = "nginx.ingress.kubernetes.io/canary-weight"
    metadata = {**canary.metadata, "annotations": {**canary.annotations, annotation: weight}}
    wrong = Resource(canary.kind, canary.name, {**canary.properties, "metadata": metadata})
    assert list(routes.weights(wrong, ANYWHERE))
    assert not list(routes.weights(canary, ANYWHERE))


@pytest.mark.parametrize(("weights", "refused"), [((950, 50), 0), ((0, 0), 1), ((-1, 5), 1)])
def test_weights_of_a_gateway_are_checked_too(weights: tuple[int, ...], refused: int) -> None:
    refs = [{"name": "a", "weight": weight} for weight in weights]
    route = Resource("HTTPRoute", "ocr", {"spec": {"rules": [{"backendRefs": refs}]}})
    assert len(list(routes.weights(route, ANYWHERE))) == refused


def test_a_gateway_leads_nobody_to_metrics() -> None:
    matches = [{"path": {"type": "PathPrefix", "value": "/metrics"}}]
    route = Resource("HTTPRoute", "ocr", {"spec": {"rules": [{"matches": matches}]}})
    assert list(routes.no_metrics(route, ANYWHERE))


def test_an_object_without_a_namespace_would_go_to_the_default_one() -> None:
    assert list(ownership.elsewhere_than_protected(Resource("Service", "a", {}), ANYWHERE))
    assert not list(ownership.elsewhere_than_protected(Resource("NodePatch", "a", {}), ANYWHERE))


def test_an_empty_object_breaks_no_rule() -> None:
    empty = [Resource(kind, "a", {}) for kind in ("Pod", "Deployment", "Ingress", "HTTPRoute")]
    assert {rule for rule, _ in violations(empty, PROD)} == {
        "labels-set",
        "namespace-protected",
        "no-token",
    }


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:apps/v1:Deployment", "Deployment"),
        ("kubernetes:core/v1:NodePatch", "NodePatch"),
        ("pulumi:providers:kubernetes", None),
        ("paddle-canary:model:ModelRelease", None),
    ],
)
def test_only_kubernetes_objects_are_looked_at(token: str, kind: str | None) -> None:
    found = Resource.of(token, "a", {})
    assert (found and found.kind) == kind
