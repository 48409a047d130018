"""GPU node pools: what each provider needs to know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.karpenter import KarpenterPool
from infra.config.managed_pools import AckPool, EksPool, GkePool
from infra.config.names import (
    CelExpression,
    NodeLabelValue,
    ObjectName,
    TaintKey,
    TaintValue,
)
from infra.config.pool import NodePool


class Taint(Part):
    """A taint that keeps pods off nodes unless they tolerate it."""

    key: TaintKey = Field(description="Key of the taint, such as nvidia.com/gpu.")
    value: TaintValue | None = Field(default=None, description="Value of the taint. Default: none.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        title="NoSchedule, PreferNoSchedule or NoExecute",
        description="What happens to pods that do not tolerate it.",
    )


class CardShare(Part):
    """The part of a card that one of a pod's accelerators is, as HAMi cuts cards."""

    memory: int = Field(
        ge=1, title="MiB of a card's memory, such as 8192", description="MiB of a card's memory."
    )
    cores: int | None = Field(
        default=None,
        ge=1,
        le=100,
        title="percent of a card's cores from 1 to 100",
        description="Percent of a card's cores. Default: what the others leave.",
    )


class Dra(Part):
    """Devices by claims (Dynamic Resource Allocation) instead of an extended resource."""

    selectors: Annotated[tuple[CelExpression, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of CEL expressions about `device`",
        description=(
            "What else must hold of a device, in CEL. Default: the accelerator's kind is enough."
        ),
    )


class ExistingPool(NodePool):
    """Nodes that are there already: the stack labels and taints them, and undoes it on removal."""

    provider: Literal["existing"] = Field(
        title="existing",
        description="Who makes the nodes: `existing` takes nodes that are there already.",
    )
    nodes: Annotated[tuple[ObjectName, ...], Field(strict=False)] = Field(
        min_length=1,
        title="a list of node names, such as [gpu-node-1]",
        description="Names of the nodes, as `kubectl get nodes` shows them.",
    )
    cards: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        title="a whole number from 1 to 1024",
        description=(
            "How many of `accelerator` each node offers (`kubectl describe node`). More than fits "
            "is then refused before it waits in the cluster. Default: not known."
        ),
    )
    taints: Annotated[tuple[Taint, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of taints, such as [{key: nvidia.com/gpu, effect: NoSchedule}]",
        description=(
            "Taints that the nodes have from elsewhere and keep. Kubernetes applies the list of "
            "taints as a whole: what is not named here is taken away. Default: none."
        ),
    )
    share: CardShare | None = Field(
        default=None, description="A part of a card for each pod (HAMi). Default: whole devices."
    )
    product: Annotated[tuple[NodeLabelValue, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of products, such as [NVIDIA-A100-SXM4-80GB]",
        description=(
            "Products that pods accept, as nodes tell them in `nvidia.com/gpu.product`. Default: "
            "any that the pool has."
        ),
    )
    topology_key: TaintKey | None = Field(
        default=None,
        description=(
            "Label that names the physical machine of nodes that are virtual ones. Versions of a "
            "model then share no machine either. Default: a node is a machine."
        ),
    )
    dra: Dra | None = Field(
        default=None,
        description="Devices by claims, from a driver in the cluster. Default: a device plugin.",
    )


Pool = Annotated[
    ExistingPool | KarpenterPool | AckPool | EksPool | GkePool,
    Field(
        discriminator="provider",
        title="a mapping with provider, track and what the provider needs",
        json_schema_extra={"type": "object"},
    ),
]
"""A pool of any provider."""
