"""What the program registers with the engine, in which order, and what it never registers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from infra.config import parse
from infra.traffic import routes
from tests.mocks.program import Recorder, Registered, run_with, update
from tests.unit.config.edits import REMOVED, edited

# How the engine marks a secret on the wire.
SECRET = ("4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270")
GATEWAY = {"dataPlane": "gateway", "gateway": {"name": "public", "namespace": "traefik"}}
PASSWORD = "hush-hush"
REGISTRY = {
    "registry": {"server": "registry.example.com", "username": "puller", "password": PASSWORD}
}
PLATFORM = {
    "Namespace/paddle-models",
    "PriorityClass/paddle-models-stable",
    "PriorityClass/paddle-models-canary",
}
WORKLOADS = {
    f"{kind}/ocr-{version}"
    for kind in ("Deployment", "Service", "PodDisruptionBudget")
    for version in ("v1-1", "v1-2")
}


def weight(value: float) -> dict[str, Any]:
    return edited({"models/ocr/canary": {"v1.2": value}})


def after(values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Registered]:
    """What an update registers on a stack that another one has put up."""
    first = update(before)
    # By the clock of the cluster no time has passed, which going up would have to wait for.
    return update(values, last_outputs=first.outputs, live=routes(parse(before), "ocr")).registered


def test_a_stack_is_registered_with_its_parents() -> None:
    found = update(edited({})).registered
    assert {key: each.parent for key, each in found.items()} == {
        "Platform/platform": "Stack/paddle-canary-dev",
        **dict.fromkeys(PLATFORM, "Platform/platform"),
        "NodePool/gpu-stable": "Stack/paddle-canary-dev",
        "NodePool/gpu-canary": "Stack/paddle-canary-dev",
        "NodePatch/node-1": "NodePool/gpu-stable",
        "NodePatch/node-2": "NodePool/gpu-canary",
        "ModelRelease/ocr": "Stack/paddle-canary-dev",
        **dict.fromkeys(WORKLOADS, "ModelRelease/ocr"),
        "Ingress/ocr": "ModelRelease/ocr",
        "Ingress/ocr-canary": "ModelRelease/ocr",
    }


def test_objects_are_registered_as_they_are_rendered() -> None:
    values = edited({})
    found = update(values).registered
    for manifest in routes(parse(values), "ocr"):
        inputs = found[f"Ingress/{manifest['metadata']['name']}"].inputs
        assert {key: inputs[key] for key in manifest} == manifest


def test_namespace_and_priorities_come_before_what_needs_them() -> None:
    found = update(edited({})).registered
    assert found["ModelRelease/ocr"].depends_on == PLATFORM


def test_a_quota_is_registered_for_each_track_whose_cards_are_known() -> None:
    found = update(edited({"nodePools/gpu-canary/cards": 4})).registered
    assert found["ResourceQuota/canary"].depends_on == PLATFORM
    assert "ResourceQuota/stable" not in found


def test_a_karpenter_pool_is_registered_with_its_node_pool() -> None:
    pool = {
        "provider": "karpenter",
        "nodeClass": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
        "limits": {"nvidia.com/gpu": 4},
        "track": "canary",
    }
    found = update(edited({"nodePools/gpu-canary": pool})).registered
    assert found["NodePool/gpu-canary"].inputs["spec"]["limits"] == {"nvidia.com/gpu": "4"}
    assert "NodePatch/node-2" not in found


def test_first_routes_wait_for_every_version_they_send_to() -> None:
    found = update(edited({})).registered
    pods = {f"{kind}/ocr-{v}" for kind in ("Deployment", "Service") for v in ("v1-1", "v1-2")}
    assert found["Ingress/ocr"].depends_on == pods
    assert found["Ingress/ocr-canary"].depends_on == {*pods, "Ingress/ocr"}


def test_a_higher_weight_waits_for_the_pods_of_the_canary_alone() -> None:
    found = after(weight(5), weight(0))
    assert found["Ingress/ocr-canary"].depends_on == {
        "Deployment/ocr-v1-2",
        "Service/ocr-v1-2",
        "Ingress/ocr",
    }


@pytest.mark.parametrize("value", [0, 5])
def test_a_lower_or_equal_weight_waits_for_nothing_and_comes_before_all_else(value: int) -> None:
    found = after(weight(value), weight(5))
    assert found["Ingress/ocr-canary"].depends_on == {"Ingress/ocr"}
    assert found["Ingress/ocr"].depends_on == frozenset()
    order = list(found)
    routed = max(map(order.index, ("Ingress/ocr", "Ingress/ocr-canary")))
    for key in (*WORKLOADS, "NodePool/gpu-stable", "NodePool/gpu-canary"):
        assert order.index(key) > routed, key


def test_no_model_depends_on_another() -> None:
    values = edited({})
    values["models"]["layout"] = {**values["models"]["ocr"], "host": "layout.example.com"}
    live = [route for name in ("ocr", "layout") for route in routes(parse(values), name)]
    last = update(values).outputs
    for key, each in update(values, last_outputs=last, live=live).registered.items():
        if "ocr" in key:
            assert not [other for other in each.depends_on if "layout" in other], key


def test_data_plane_gateway_registers_one_route() -> None:
    found = update(edited(GATEWAY)).registered
    assert found["HTTPRoute/ocr"].parent == "ModelRelease/ocr"
    assert not [key for key in found if key.startswith("Ingress/")]


def test_the_number_of_pods_is_ignored_with_an_autoscaler_and_only_then() -> None:
    scale = {"min": 2, "max": 4, "cpu": 70}
    found = update(edited({"models/ocr/versions/v1.1/autoscale": scale})).registered
    assert found["Deployment/ocr-v1-1"].ignores == ("spec.replicas",)
    assert found["Deployment/ocr-v1-2"].ignores == ()
    assert found["HorizontalPodAutoscaler/ocr-v1-1"].parent == "ModelRelease/ocr"


def test_a_deployment_is_waited_for_as_long_as_its_ready_timeout() -> None:
    found = update(edited({"models/ocr/versions/v1.1/readyTimeout": "15m"})).registered
    assert found["Deployment/ocr-v1-1"].create_timeout == "900s"


def test_the_password_of_the_registry_is_a_secret_and_nowhere_else() -> None:
    recorder = update(edited(REGISTRY))
    secret = recorder.registered.pop("Secret/registry")
    key, mark = SECRET
    assert secret.inputs["stringData"][key] == mark
    assert PASSWORD not in str({**secret.inputs, "stringData": None})
    assert PASSWORD not in str((recorder.registered, recorder.outputs))


def test_the_outputs_say_where_a_model_is_and_who_gets_what_since_when() -> None:
    outputs = update(edited({})).outputs
    assert outputs["overrides"] == []
    ocr = outputs["models"]["ocr"]
    assert (ocr["host"], ocr["url"]) == ("ocr.example.com", "http://ocr.example.com")
    assert (ocr["stable"], ocr["canary"], ocr["previous"]) == ("v1.1", {"v1.2": 5}, None)
    assert ocr["since"].keys() == {"v1.1", "v1.2"}


def test_an_update_that_changes_nothing_leaves_equal_outputs() -> None:
    first = update(edited({}))
    again = update(edited({}), last_outputs=first.outputs, live=routes(parse(edited({})), "ocr"))
    assert again.outputs == first.outputs


def refused(recorder: Recorder, values: Mapping[str, Any], live: Mapping[str, Any]) -> str:
    with pytest.raises(pulumi.RunError) as error:
        run_with(recorder, values, routes(parse(live), "ocr"))
    assert recorder.registered == {}
    assert recorder.outputs == {}
    assert "nothing was changed" in str(error.value)
    return str(error.value)


def test_a_refusal_of_the_guard_declares_nothing() -> None:
    message = refused(Recorder(update(weight(5)).outputs), weight(100), live=weight(5))
    assert "from 5% the next step is 20%" in message


def test_the_guard_believes_the_live_routes_and_not_the_last_outputs() -> None:
    message = refused(Recorder(update(weight(20)).outputs), weight(20), live=weight(0))
    assert "from 0% the next step is 5%" in message


def test_a_wrong_configuration_declares_nothing() -> None:
    wrong = edited({"models/ocr/host": REMOVED})
    assert "models.ocr.host: found nothing" in refused(Recorder({}), wrong, live=edited({}))


def test_a_cluster_that_is_away_declares_nothing() -> None:
    recorder = Recorder({})
    with pytest.raises(pulumi.RunError, match="no cluster to deploy to"):
        run_with(recorder, edited({}), kubeconfig="/absent/kubeconfig")
    assert recorder.registered == {}


def test_a_node_that_the_cluster_lacks_declares_nothing() -> None:
    recorder = Recorder({})
    with pytest.raises(pulumi.RunError) as error:
        run_with(recorder, edited({}), nodes=["node-1"])
    assert "nodePools.gpu-canary.nodes: the cluster has no node node-2" in str(error.value)
    assert "nothing was changed" in str(error.value)
    assert recorder.registered == {}


def test_a_preview_goes_on_without_the_nodes_of_another_cluster() -> None:
    recorder = Recorder({})
    run_with(recorder, edited({}), nodes=[], preview=True)
    assert {"NodePatch/node-1", "NodePatch/node-2"} <= recorder.registered.keys()


def test_a_roll_back_goes_on_without_the_node_that_is_gone() -> None:
    recorder = Recorder(update(weight(5)).outputs)
    run_with(recorder, weight(0), routes(parse(weight(5)), "ocr"), nodes=["node-1"])
    assert "Ingress/ocr-canary" in recorder.registered
    assert "NodePatch/node-1" in recorder.registered
    assert "NodePatch/node-2" not in recorder.registered
