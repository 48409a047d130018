"""What is known of accelerators, and that each name has a source."""

from __future__ import annotations

import re

import pytest

from infra.config import accelerators
from infra.config.accelerators import ACCELERATORS, Accelerator, find, labels_of_nodes, selector

OF_EACH = pytest.mark.parametrize("each", ACCELERATORS, ids=lambda each: each.name)


@OF_EACH
def test_every_entry_says_where_its_names_were_read(each: Accelerator) -> None:
    assert each.sources
    assert all(re.fullmatch(r"https://\S+", source) for source in each.sources)


@OF_EACH
def test_no_two_entries_speak_of_the_same(each: Accelerator) -> None:
    key = (each.resource, each.share is not None)
    assert [(e.resource, e.share is not None) for e in ACCELERATORS].count(key) == 1


@pytest.mark.parametrize(
    ("resource", "shared", "name"),
    [
        ("nvidia.com/gpu", False, "NVIDIA GPU"),
        ("nvidia.com/gpu", True, "HAMi share of an NVIDIA GPU"),
        ("nvidia.com/mig-1g.10gb", False, "NVIDIA MIG"),
        ("nvidia.com/mig-1g.10gb.me", False, "NVIDIA MIG"),
        ("kunlunxin.com/xpu", False, "Kunlun XPU"),
        ("huawei.com/Ascend910", False, "Ascend NPU"),
        ("huawei.com/Ascend310P", False, "Ascend NPU"),
        ("hygon.com/dcu", False, "Hygon DCU"),
        ("hygon.com/dcunum", True, "HAMi share of a Hygon DCU"),
        ("nvidia-com/gpu", False, "nvidia-com/gpu"),
        ("nvidia.com/gpus", False, "nvidia.com/gpus"),
    ],
)
def test_an_entry_is_found_by_its_resource(resource: str, shared: bool, name: str) -> None:
    assert find(resource, shared=shared).name == name


def test_of_an_unknown_accelerator_nothing_but_its_resource_is_known() -> None:
    found = find("example.com/tpu", shared=False)
    assert (found.device, found.taint, found.counts, found.dra) == (None, None, None, None)
    assert labels_of_nodes(found, "example.com/tpu") == {}


@pytest.mark.parametrize("product", ["Ascend910", "Ascend310P"])
def test_the_label_of_an_ascend_node_names_its_product(product: str) -> None:
    resource = f"huawei.com/{product}"
    labels = labels_of_nodes(find(resource, shared=False), resource)
    assert labels["accelerator"] == f"huawei-{product}"


@pytest.mark.parametrize(
    ("resource", "profile"),
    [
        ("nvidia.com/mig-1g.10gb", "1g.10gb"),
        ("nvidia.com/mig-1g.10gb.me", "1g.10gb+me"),
        ("nvidia.com/mig-3g.40gb", "3g.40gb"),
    ],
)
def test_a_claim_asks_for_the_profile_in_the_name_of_the_resource(
    resource: str, profile: str
) -> None:
    found = selector(find(resource, shared=False), resource)
    assert found is not None
    assert found.endswith(f".profile == '{profile}'")


def test_only_nvidia_has_a_driver_for_claims() -> None:
    assert [each.name for each in ACCELERATORS if each.dra] == ["NVIDIA GPU", "NVIDIA MIG"]


def test_a_share_can_be_had_of_two() -> None:
    assert sorted(accelerators.shareable()) == ["hygon.com/dcunum", "nvidia.com/gpu"]
