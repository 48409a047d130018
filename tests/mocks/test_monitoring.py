"""What the program registers of monitoring, in which order, and that no secret leaves its place."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from infra.config import parse
from infra.traffic import routes
from monitoring.collection import manifests
from tests.mocks.program import Registered, update
from tests.mocks.test_program import PLATFORM, SECRET
from tests.unit.config.edits import edited
from tests.unit.monitoring.stacks import OPERATOR, SECRETS, stack, values

STORE = {
    "alerting/prometheus": {"remoteWrite": [{"url": "https://s.example", "token": "hush-store"}]}
}
CONTROLLED = {
    "controller": {
        "image": "registry.example.com/rollout:v1",
        "stack": "dev",
        "backend": "s3://states",
        "checkout": "checkout",
        "secret": "rollout",
    }
}
MODES = pytest.mark.parametrize(
    "mode", [{}, OPERATOR, CONTROLLED], ids=["embedded", "operator", "controller"]
)


def monitored(found: dict[str, Registered]) -> dict[str, Registered]:
    return {key: each for key, each in found.items() if each.parent == "Monitoring/monitoring"}


@MODES
def test_every_object_is_registered_as_it_is_rendered(mode: dict[str, Any]) -> None:
    found = monitored(update(values(mode)).registered)
    rendered = list(manifests(stack(mode)))
    for manifest in rendered:
        inputs = found[f"{manifest['kind']}/{manifest['metadata']['name']}"].inputs
        assert {key: inputs[key] for key in manifest} == manifest
    secret = {key for key in found if key.startswith("Secret/") and key.endswith("-secrets")}
    assert len(found) == len(rendered) + len(secret)


def test_a_stack_without_alerting_has_no_monitoring() -> None:
    found = update(edited({})).registered
    assert "Monitoring/monitoring" not in found


def test_traffic_comes_before_pods_and_monitoring() -> None:
    before = values({"models/ocr/canary": {"v1.2": 5}})
    after = values({"models/ocr/canary": {"v1.2": 0}})
    last = update(before).outputs
    live = routes(parse(before), "ocr")
    order = list(update(after, last_outputs=last, live=live).registered)
    after_routes = order[order.index("Ingress/ocr-canary") :]
    assert {"Deployment/ocr-v1-1", "Monitoring/monitoring"} <= {*after_routes}


def test_a_changed_weight_changes_nothing_of_monitoring() -> None:
    def registered(weight: float) -> dict[str, Registered]:
        return monitored(update(values({"models/ocr/canary": {"v1.2": weight}})).registered)

    assert registered(5) == registered(0)


@MODES
def test_programs_come_after_what_they_read(mode: dict[str, Any]) -> None:
    found = monitored(update(values(mode)).registered)
    programs = {
        key for key in found if key.split("/")[0] in ("Deployment", "StatefulSet", "Alertmanager")
    }
    for program in programs:
        assert found[program].depends_on == found.keys() - programs


def test_the_namespace_comes_before_what_lives_in_it_and_that_of_the_models_before_all() -> None:
    found = update(values()).registered
    assert found["Monitoring/monitoring"].depends_on == PLATFORM
    assert "Namespace/paddle-monitoring" in found["ConfigMap/prometheus"].depends_on


def test_secrets_are_marked_and_stand_nowhere_else() -> None:
    recorder = update(values(STORE))
    key, mark = SECRET
    held: dict[str, Any] = {}
    for name in ("prometheus", "alertmanager", "relay"):
        found = recorder.registered.pop(f"Secret/{name}-secrets")
        assert found.inputs["stringData"][key] == mark
        held[name] = found.inputs["stringData"]["value"]
    assert held["prometheus"] == {"remote-write-0-token": "hush-store"}
    assert "hush-store" not in str((held["alertmanager"], held["relay"]))
    assert "hush-smtp" not in str(held["relay"])
    text = str((recorder.registered, recorder.outputs))
    assert not [secret for secret in SECRETS if secret in text]
    assert held["relay"]["relay-token"] not in text


def test_monitoring_pulls_from_a_private_registry_too() -> None:
    registry = {"server": "registry.example.com", "username": "puller", "password": "hush"}
    recorder = update(values({"registry": registry}))
    pulls = recorder.registered["StatefulSet/relay"].inputs["spec"]["template"]["spec"]
    assert pulls["imagePullSecrets"] == [{"name": "registry"}]
    assert recorder.registered["Secret/registry"].inputs["metadata"]["namespace"] == (
        "paddle-monitoring"
    )


def test_a_controller_of_another_stack_is_refused() -> None:
    other = {"controller": {**CONTROLLED["controller"], "stack": "prod"}}
    with pytest.raises(pulumi.RunError, match=r"controller\.stack: found prod; write dev"):
        update(values(other))
