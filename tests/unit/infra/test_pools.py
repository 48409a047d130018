"""How the choice of a pool reaches its nodes and the pods that run there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.config import ManagedPool, parse
from infra.managed_pools import Inputs, inputs
from infra.model import deployment
from infra.node_pools import pool_objects
from tests.unit.config.edits import edited
from tests.unit.config.test_pools_refused import POOL, eks, gke, karpenter

ACK = {
    POOL: {
        "provider": "ack",
        "cluster": "c1",
        "vswitches": ["vsw-1"],
        "instanceTypes": ["ecs.gn7i-c8g1.2xlarge"],
        "size": {"min": 1, "max": 3},
        "cards": 1,
        "track": "canary",
    }
}


def pod(edits: Mapping[str, object], version: str = "v1.2") -> dict[str, Any]:
    spec: dict[str, Any] = deployment(parse(edited(edits)), "ocr", version)["spec"]["template"][
        "spec"
    ]
    return spec


def environment(edits: Mapping[str, object]) -> dict[str, str]:
    (server,) = pod(edits)["containers"]
    return {each["name"]: each["value"] for each in server["env"]}


def objects(edits: Mapping[str, object], kind: str) -> list[dict[str, Any]]:
    config = parse(edited(edits))
    return [each for each in pool_objects(config, "gpu-canary") if each["kind"] == kind]


def managed(edits: Mapping[str, object]) -> Inputs:
    pool = parse(edited(edits)).node_pools["gpu-canary"]
    assert isinstance(pool, ManagedPool)
    return inputs("gpu-canary", pool)


def of(resource: str, **more: object) -> Mapping[str, object]:
    return {
        f"{POOL}/accelerator": resource,
        **{f"{POOL}/{key}": value for key, value in more.items()},
    }


@pytest.mark.parametrize(
    ("resource", "device"),
    [
        ("kunlunxin.com/xpu", "xpu"),
        ("huawei.com/Ascend910", "npu"),
        ("hygon.com/dcu", "gpu"),
        ("nvidia.com/gpu", None),
        ("nvidia.com/mig-1g.10gb", None),
    ],
)
def test_the_container_is_told_the_device_that_it_does_not_find_itself(
    resource: str, device: str | None
) -> None:
    found = environment(of(resource))
    assert found.get("DEVICE") == device
    assert found.get("GPUS") == (device and "1")
    assert found["WORKERS"] == "1"


@pytest.mark.parametrize(
    ("resource", "taint"),
    [
        ("nvidia.com/mig-1g.10gb", "nvidia.com/gpu"),
        ("huawei.com/Ascend910", "huawei.com/Ascend910"),
        ("example.com/tpu", "example.com/tpu"),
    ],
)
def test_pods_tolerate_the_taint_that_nodes_of_the_accelerator_have(
    resource: str, taint: str
) -> None:
    tolerated = {"key": taint, "operator": "Exists", "effect": "NoSchedule"}
    assert tolerated in pod(of(resource))["tolerations"]


@pytest.mark.parametrize(
    ("resource", "label"),
    [
        ("kunlunxin.com/xpu", "kunlun-device-enable"),
        ("huawei.com/Ascend910", "workerselector"),
    ],
)
def test_nodes_get_the_label_that_the_device_plugin_looks_for(resource: str, label: str) -> None:
    (node,) = objects(of(resource), "Node")
    assert label in node["metadata"]["labels"]


def test_a_runtime_class_is_the_accelerators_unless_the_pool_has_its_own() -> None:
    assert pod(of("huawei.com/Ascend910"))["runtimeClassName"] == "ascend"
    assert pod(of("nvidia.com/gpu", runtimeClass="nvidia"))["runtimeClassName"] == "nvidia"
    assert "runtimeClassName" not in pod({})


def test_a_share_asks_for_memory_and_cores_of_a_card() -> None:
    limits = pod(of("nvidia.com/gpu", share={"memory": 8192, "cores": 30}))["containers"][0][
        "resources"
    ]["limits"]
    assert limits["nvidia.com/gpu"] == "1"
    assert (limits["nvidia.com/gpumem"], limits["nvidia.com/gpucores"]) == ("8192", "30")


def test_a_share_without_cores_leaves_them_open() -> None:
    limits = pod(of("hygon.com/dcunum", share={"memory": 2000}))["containers"][0]["resources"][
        "limits"
    ]
    assert limits["hygon.com/dcumem"] == "2000"
    assert "hygon.com/dcucores" not in limits


def test_pods_accept_only_the_products_that_the_pool_names() -> None:
    affinity = pod(of("nvidia.com/gpu", product=["NVIDIA-L4"]))["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-L4"]}
    ]


def test_versions_share_no_machine_whose_label_is_named() -> None:
    terms = pod(of("nvidia.com/gpu", topologyKey="example.com/host"))["affinity"][
        "podAntiAffinity"
    ]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [each["topologyKey"] for each in terms] == ["kubernetes.io/hostname", "example.com/host"]
    assert terms[0]["labelSelector"] == terms[1]["labelSelector"]


@pytest.mark.parametrize("edits", [karpenter(), eks(), gke(), ACK])
def test_pods_are_spread_over_zones_where_a_cloud_makes_the_nodes(
    edits: Mapping[str, object],
) -> None:
    keys = [each["topologyKey"] for each in pod(edits)["topologySpreadConstraints"]]
    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert len(pod(edits, "v1.1")["topologySpreadConstraints"]) == 1


def test_a_claim_takes_the_place_of_the_resource() -> None:
    edits = of("nvidia.com/gpu", dra={})
    server = pod(edits)["containers"][0]
    assert "nvidia.com/gpu" not in server["resources"]["limits"]
    (claim,) = pod(edits)["resourceClaims"]
    assert server["resources"]["claims"] == [{"name": claim["name"]}]
    (template,) = objects(edits, "ResourceClaimTemplate")
    assert template["metadata"]["name"] == claim["resourceClaimTemplateName"]
    (request,) = template["spec"]["spec"]["devices"]["requests"]
    (devices,) = objects(edits, "DeviceClass")
    assert request["exactly"] == {"deviceClassName": devices["metadata"]["name"], "count": 1}


def test_a_pod_without_accelerators_has_no_claim() -> None:
    none = {"models/ocr/versions/v1.2/resources": {"accelerators": 0}}
    edits = {**of("nvidia.com/gpu", dra={}), **none}
    assert "resourceClaims" not in pod(edits)
    assert objects(edits, "ResourceClaimTemplate") == []


def test_another_number_of_devices_is_another_template() -> None:
    """A template cannot change; the pods that were made from the first one keep it."""
    two = {"models/ocr/versions/v1.2/resources": {"accelerators": 2}}
    names = [
        objects({**of("nvidia.com/gpu", dra={}), **edits}, "ResourceClaimTemplate")[0]["metadata"][
            "name"
        ]
        for edits in ({}, two)
    ]
    assert names == ["gpu-canary-1", "gpu-canary-2"]


def test_karpenter_makes_nodes_that_the_pods_of_the_pool_fit_on() -> None:
    (made,) = objects(karpenter(), "NodePool")
    node = made["spec"]["template"]
    wanted = pod(karpenter())
    assert wanted["nodeSelector"].items() <= node["metadata"]["labels"].items()
    (taint,) = node["spec"]["taints"]
    assert {"operator": "Equal", **taint} in wanted["tolerations"]
    assert node["spec"]["nodeClassRef"] == {
        "group": "karpenter.k8s.aws",
        "kind": "EC2NodeClass",
        "name": "gpu",
    }
    assert made["spec"]["limits"] == {"nvidia.com/gpu": "8"}


def test_reserved_cards_are_never_given_back() -> None:
    (made,) = objects(karpenter(reserved=True), "NodePool")
    assert made["spec"]["disruption"]["consolidateAfter"] == "Never"
    assert made["spec"]["disruption"]["budgets"] == [{"nodes": "0"}]
    assert made["spec"]["template"]["spec"]["expireAfter"] == "Never"


def test_other_nodes_go_one_at_a_time_and_only_when_they_are_empty() -> None:
    (made,) = objects(karpenter(), "NodePool")
    assert made["spec"]["disruption"] == {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "1"}],
    }


def test_the_stack_says_how_long_an_empty_node_is_kept() -> None:
    (made,) = objects(karpenter(consolidateAfter="1h30m"), "NodePool")
    assert made["spec"]["disruption"]["consolidateAfter"] == "1h30m"


def test_a_cloud_makes_nodes_that_the_pods_of_the_pool_fit_on() -> None:
    wanted = pod(eks())["nodeSelector"]
    for edits in (eks(), gke(), ACK):
        found = managed(edits)
        node = found.get("node_config", found)
        labels = node["labels"]
        if isinstance(labels, list):
            labels = {each["key"]: each["value"] for each in labels}
        assert wanted.items() <= labels.items()
        (taint,) = node["taints"]
        assert (taint["key"], taint["value"]) == ("paddle-canary.dev/pool", "gpu-canary")
        assert objects(edits, "Node") == []


def test_ack_is_told_between_which_sizes_it_may_scale() -> None:
    assert managed(ACK) == {
        "cluster_id": "c1",
        "node_pool_name": "gpu-canary",
        "vswitch_ids": ["vsw-1"],
        "instance_types": ["ecs.gn7i-c8g1.2xlarge"],
        "labels": [
            {"key": "paddle-canary.dev/pool", "value": "gpu-canary"},
            {"key": "paddle-canary.dev/track", "value": "canary"},
        ],
        "taints": [
            {"key": "paddle-canary.dev/pool", "value": "gpu-canary", "effect": "NoSchedule"}
        ],
        "scaling_config": {"enable": True, "min_size": 1, "max_size": 3, "type": "gpu"},
    }


@pytest.mark.parametrize(
    ("accelerator", "images"),
    [("nvidia.com/gpu", "AL2023_x86_64_NVIDIA"), ("none", "AL2023_x86_64_STANDARD")],
)
def test_eks_takes_images_with_a_driver_where_there_are_cards(
    accelerator: str, images: str
) -> None:
    edits = eks(accelerator=accelerator, cards=None if accelerator == "none" else 4)
    assert managed(edits)["ami_type"] == images


def test_gke_is_told_of_cards_only_where_there_are_some() -> None:
    none = gke(accelerator="none", cardType=None, cards=None)
    for edits, count in ((gke(), 1), (none, None)):
        cards = managed(edits)["node_config"].get("guest_accelerators")
        assert (cards and cards[0]["count"]) == count
