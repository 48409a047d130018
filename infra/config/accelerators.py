"""Accelerators as data: what clusters call them, and what their pods and nodes need.

Names are those of the vendors' device plugins; each entry says where they were read. A resource
that is in none of the entries may be used, too: its pods get that resource and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Share:
    """Extended resources of a part of a card: MiB of its memory, percent of its cores."""

    memory: str
    cores: str


@dataclass(frozen=True)
class Accelerator:
    """One kind of accelerator.

    name: what people call it.
    resource: pattern of the extended resource that pods ask for.
    sources: pages and repositories that the names are from.
    device: DEVICE of the container, as Paddle calls it; None where it finds cards by itself.
    taint: key that clusters taint its nodes with; None where that is the resource itself, as the
        admission plugin ExtendedResourceToleration has it
        (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/).
    node_labels: labels without which the vendor's device plugin does not run on a node.
    product_label: label by which nodes tell their product.
    runtime_class: RuntimeClass that its containers need.
    counts: numbers of devices that one pod may ask for; None for any.
    is_part: whether a device is a part of a card, so that another pod may be on the same card.
    share: resources of a part of a card, where pods ask for one.
    dra: CEL expression that picks its devices, for Dynamic Resource Allocation; `{profile}` is the
        MIG profile. None where no driver is known.
    """

    name: str
    resource: str
    sources: tuple[str, ...]
    device: str | None = None
    taint: str | None = None
    node_labels: Mapping[str, str] = field(default_factory=dict)
    product_label: str | None = None
    runtime_class: str | None = None
    counts: tuple[int, ...] | None = None
    is_part: bool = False
    share: Share | None = None
    dra: str | None = None


_NVIDIA = "nvidia.com/gpu"
_PRODUCT = "nvidia.com/gpu.product"
_DRIVER = "device.driver == 'gpu.nvidia.com'"
_ATTRIBUTES = "device.attributes['gpu.nvidia.com']"
_DRA_DOCS = "https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu"

ACCELERATORS = (
    Accelerator(
        "NVIDIA GPU",
        r"nvidia\.com/gpu",
        ("https://github.com/NVIDIA/k8s-device-plugin", _DRA_DOCS),
        taint=_NVIDIA,
        product_label=_PRODUCT,
        dra=f"{_DRIVER} && {_ATTRIBUTES}.type == 'gpu'",
    ),
    Accelerator(
        "NVIDIA MIG",
        r"nvidia\.com/mig-[0-9]+g\.[0-9]+gb(\.[a-z.]+)?",
        (
            # Strategy `mixed`: with `single`, MIG devices are called nvidia.com/gpu.
            "https://docs.nvidia.com/datacenter/cloud-native/kubernetes/latest/index.html",
            # A process sees one MIG device.
            "https://docs.nvidia.com/datacenter/tesla/mig-user-guide/",
            _DRA_DOCS,
        ),
        taint=_NVIDIA,
        product_label=_PRODUCT,
        counts=(1,),
        is_part=True,
        dra=f"{_DRIVER} && {_ATTRIBUTES}.type == 'mig' && {_ATTRIBUTES}.profile == '{{profile}}'",
    ),
    Accelerator(
        "HAMi share of an NVIDIA GPU",
        r"nvidia\.com/gpu",
        (
            "https://github.com/Project-HAMi/HAMi/blob/master/docs/config.md",
            "https://github.com/Project-HAMi/HAMi#quick-start",
        ),
        taint=_NVIDIA,
        node_labels={"gpu": "on"},
        product_label=_PRODUCT,
        is_part=True,
        share=Share("nvidia.com/gpumem", "nvidia.com/gpucores"),
    ),
    Accelerator(
        "Kunlun XPU",
        r"kunlunxin\.com/xpu",
        (
            "https://github.com/Project-HAMi/HAMi/blob/master/docs/develop/kunlunxin-support.md",
            "https://cloud.tencent.com/document/product/457/138230",
            "https://www.paddlepaddle.org.cn/inference/api_reference/python_api_doc/Config_index.html",
        ),
        device="xpu",
        node_labels={"kunlun-device-enable": "enable"},
        # One board of eight, in halves that share memory.
        counts=(1, 2, 4, 8),
    ),
    Accelerator(
        "Ascend NPU",
        r"huawei\.com/Ascend(910|310|310P)",
        (
            "https://www.hiascend.com/document/detail/en/mindx-dl/300/dluserguide/"
            "clusterscheduling/dlug_installation_02_000020.html",
            "https://gitcode.com/Ascend/mind-cluster/tree/master/component/ascend-device-plugin",
            # RuntimeClass `ascend`: Ascend Docker Runtime beside the usual one.
            "https://github.com/Project-HAMi/ascend-device-plugin",
            "https://github.com/PaddlePaddle/PaddleCustomDevice/tree/develop/backends/npu",
        ),
        device="npu",
        node_labels={"accelerator": "huawei-{name}", "workerselector": "dls-worker-node"},
        runtime_class="ascend",
    ),
    Accelerator(
        "Hygon DCU",
        r"hygon\.com/dcu",
        (
            "https://cloud.tencent.com/document/product/457/130456",
            # A DCU is Paddle's `gpu`: its build for DCUs is the one for ROCm.
            "https://github.com/PaddlePaddle/PaddleX/blob/develop/paddlex/inference/components/"
            "paddle_predictor/predictor.py",
        ),
        device="gpu",
    ),
    Accelerator(
        "HAMi share of a Hygon DCU",
        r"hygon\.com/dcunum",
        ("https://github.com/Project-HAMi/HAMi/blob/master/docs/hygon-dcu-support.md",),
        device="gpu",
        node_labels={"dcu": "on"},
        counts=(1,),
        is_part=True,
        share=Share("hygon.com/dcumem", "hygon.com/dcucores"),
    ),
)


def find(resource: str, *, shared: bool) -> Accelerator:
    """The entry for an extended resource; `shared` says whether pods ask for a part of a card.

    An entry that knows the resource alone where no entry has it.
    """
    known = [each for each in ACCELERATORS if re.fullmatch(each.resource, resource)]
    fitting = [each for each in known if (each.share is not None) == shared]
    return next(iter((*fitting, *known)), Accelerator(resource, re.escape(resource), ()))


def shareable() -> Iterator[str]:
    """Resources of which a pod can ask for a share."""
    return (each.resource.replace("\\", "") for each in ACCELERATORS if each.share)


def labels_of_nodes(accelerator: Accelerator, resource: str) -> dict[str, str]:
    """The labels that nodes with this resource need."""
    name = resource.partition("/")[2]
    return {key: value.format(name=name) for key, value in accelerator.node_labels.items()}


def selector(accelerator: Accelerator, resource: str) -> str | None:
    """The CEL expression that picks the devices of this resource; None where none is known."""
    if accelerator.dra is None:
        return None
    # The device plugin writes `1g.10gb+me` as mig-1g.10gb.me.
    slices, _, rest = resource.partition("/mig-")[2].partition(".")
    memory, *attributes = rest.split(".")
    return accelerator.dra.replace("{profile}", "+".join((f"{slices}.{memory}", *attributes)))
