"""What a version runs as, where it may run, and what its pods may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.config import StackConfig, parse
from infra.isolation import namespace
from infra.model import autoscaler, deployment, disruption_budget, service, track
from infra.node_pools import pool_objects
from tests.unit.config.edits import edited


def stack(edits: Mapping[str, object] | None = None) -> StackConfig:
    return parse(edited(edits or {}))


def pod(config: StackConfig, version: str = "v1.1") -> dict[str, Any]:
    spec: dict[str, Any] = deployment(config, "ocr", version)["spec"]["template"]["spec"]
    return spec


def server(config: StackConfig, version: str = "v1.1") -> dict[str, Any]:
    (container,) = pod(config, version)["containers"]
    found: dict[str, Any] = container
    return found


def patches(config: StackConfig, pool: str) -> list[dict[str, Any]]:
    return [each for each in pool_objects(config, pool) if each["kind"] == "Node"]


def test_deployment_service_and_budget_pick_the_pods_of_one_version() -> None:
    config = stack()
    spec = deployment(config, "ocr", "v1.1")["spec"]
    picked = spec["selector"]["matchLabels"]
    assert picked.items() <= spec["template"]["metadata"]["labels"].items()
    assert picked["paddle-canary.dev/version"] == "v1.1"
    assert service(config, "ocr", "v1.1")["spec"]["selector"] == picked
    budget = disruption_budget(config, "ocr", "v1.1")
    assert budget["spec"]["selector"]["matchLabels"] == picked


def test_a_promotion_changes_nothing_of_the_pods() -> None:
    before = stack({"models/ocr/canary": {"v1.2": 100}})
    after = stack({"models/ocr/stable": "v1.2", "models/ocr/canary": {}})
    for version in ("v1.1", "v1.2"):
        assert deployment(before, "ocr", version) == deployment(after, "ocr", version)


@pytest.mark.parametrize(("version", "label"), [("v1.1", "stable"), ("v1.2", "canary")])
def test_the_service_carries_the_track(version: str, label: str) -> None:
    labels = service(stack(), "ocr", version)["metadata"]["labels"]
    assert labels["paddle-canary.dev/track"] == label


def test_a_version_that_is_not_stable_is_on_the_canary_track() -> None:
    assert track(stack({"models/ocr/canary": {}}).models["ocr"], "v1.2") == "canary"


def test_the_container_is_told_which_model_and_version_it_is() -> None:
    config = stack({"models/ocr/versions/v1.1/env": {"WORKERS": "2"}})
    env = {each["name"]: each["value"] for each in server(config)["env"]}
    assert env == {"MODEL_NAME": "ocr", "MODEL_VERSION": "v1.1", "WORKERS": "2"}


def test_pods_request_the_accelerator_of_their_pool() -> None:
    config = stack(
        {
            "nodePools/gpu-stable/accelerator": "kunlunxin.com/xpu",
            "models/ocr/versions/v1.1/resources": {"cpu": "4", "memory": "8Gi", "accelerators": 2},
        }
    )
    resources = server(config)["resources"]
    assert resources["requests"]["kunlunxin.com/xpu"] == "2"
    assert resources["limits"]["kunlunxin.com/xpu"] == "2"
    assert resources["requests"]["cpu"] == "4"
    assert "cpu" not in resources["limits"]


def test_a_version_without_accelerators_runs_on_processors_of_their_pool() -> None:
    config = stack(
        {
            "nodePools/gpu-stable/accelerator": "kunlunxin.com/xpu",
            "models/ocr/versions/v1.1/resources": {"cpu": "4", "memory": "8Gi", "accelerators": 0},
        }
    )
    found = server(config)
    assert {each["name"] for each in found["env"]} == {"MODEL_NAME", "MODEL_VERSION"}
    assert "kunlunxin.com/xpu" not in found["resources"]["requests"]


def test_pods_of_a_pool_without_accelerators_request_none() -> None:
    config = stack({"nodePools/gpu-stable/accelerator": "none"})
    resources = server(config)["resources"]
    assert set(resources["limits"]) == {"memory", "ephemeral-storage"}
    assert [each["key"] for each in pod(config)["tolerations"]] == ["paddle-canary.dev/pool"]


def test_pods_run_on_the_nodes_of_their_pool_and_tolerate_its_taint() -> None:
    config = stack()
    spec = pod(config, "v1.2")
    (patch,) = patches(config, "gpu-canary")
    assert spec["nodeSelector"].items() <= patch["metadata"]["labels"].items()
    (taint,) = patch["spec"]["taints"]
    assert taint in [
        {key: each.get(key) for key in ("key", "value", "effect")} for each in spec["tolerations"]
    ]


def test_a_pool_keeps_the_taints_that_it_names() -> None:
    kept = {"key": "nvidia.com/gpu", "effect": "NoSchedule"}
    config = stack({"nodePools/gpu-stable/taints": [kept]})
    (patch,) = patches(config, "gpu-stable")
    assert patch["spec"]["taints"] == [
        {"key": "paddle-canary.dev/pool", "value": "gpu-stable", "effect": "NoSchedule"},
        kept,
    ]


def test_each_node_of_a_pool_is_patched_with_pool_and_track() -> None:
    config = stack({"nodePools/gpu-stable/nodes": ["node-1", "node-3"]})
    found = patches(config, "gpu-stable")
    assert [each["metadata"]["name"] for each in found] == ["node-1", "node-3"]
    for each in found:
        assert each["metadata"]["labels"] == {
            "paddle-canary.dev/pool": "gpu-stable",
            "paddle-canary.dev/track": "stable",
        }


def test_pods_of_two_versions_never_share_a_node() -> None:
    (rule,) = pod(stack())["affinity"]["podAntiAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert rule["topologyKey"] == "kubernetes.io/hostname"
    assert rule["labelSelector"] == {
        "matchLabels": {"paddle-canary.dev/model": "ocr"},
        "matchExpressions": [
            {"key": "paddle-canary.dev/version", "operator": "NotIn", "values": ["v1.1"]}
        ],
    }


def test_shared_isolation_lets_versions_share_a_node() -> None:
    assert "affinity" not in pod(stack({"models/ocr/isolation": "shared"}))


def test_pods_are_admitted_by_the_restricted_standard() -> None:
    config = stack()
    labels = namespace(config.namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    context = server(config)["securityContext"]
    assert pod(config)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod(config)["securityContext"]["runAsNonRoot"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["readOnlyRootFilesystem"] is True


def test_a_leaving_pod_has_time_to_pause_and_to_finish() -> None:
    spec = pod(stack())
    pause = server(stack())["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < pause < spec["terminationGracePeriodSeconds"]


def test_no_pod_leaves_before_its_successor_is_ready() -> None:
    assert deployment(stack(), "ocr", "v1.1")["spec"]["strategy"]["rollingUpdate"] == {
        "maxUnavailable": 0,
        "maxSurge": 1,
    }


def test_the_deployment_counts_as_failed_after_the_ready_timeout() -> None:
    config = stack({"models/ocr/versions/v1.1/readyTimeout": "90s"})
    assert deployment(config, "ocr", "v1.1")["spec"]["progressDeadlineSeconds"] == 90


def test_a_private_registry_gives_pods_its_pull_secret() -> None:
    registry = {"server": "registry.example.com", "username": "puller", "password": "hush"}
    assert pod(stack({"registry": registry}))["imagePullSecrets"] == [{"name": "registry"}]
    assert "imagePullSecrets" not in pod(stack())


def test_a_version_with_a_fixed_number_of_pods_has_no_autoscaler() -> None:
    config = stack({"models/ocr/versions/v1.1/replicas": 3})
    assert autoscaler(config, "ocr", "v1.1") is None
    assert deployment(config, "ocr", "v1.1")["spec"]["replicas"] == 3


def test_an_autoscaler_scales_the_deployment_from_its_fewest_pods() -> None:
    scale = {"min": 2, "max": 5, "cpu": 70}
    config = stack({"models/ocr/versions/v1.1/autoscale": scale})
    found = autoscaler(config, "ocr", "v1.1")
    workload = deployment(config, "ocr", "v1.1")
    assert found is not None
    assert found["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]
    assert (found["spec"]["minReplicas"], found["spec"]["maxReplicas"]) == (2, 5)
    assert workload["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("edits", "version", "taken"),
    [
        ({}, "v1.1", 0),
        ({"models/ocr/versions/v1.1/replicas": 2}, "v1.1", 1),
        ({}, "v1.2", 0),
    ],
)
def test_a_drain_never_takes_the_only_pod(
    edits: Mapping[str, object], version: str, taken: int
) -> None:
    budget = disruption_budget(stack(edits), "ocr", version)
    assert budget["spec"]["maxUnavailable"] == taken
