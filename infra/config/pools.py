"""GPU node pools."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import ObjectName, Resource, TaintKey, TaintValue


class Taint(Part):
    """A taint that keeps pods off nodes unless they tolerate it."""

    key: TaintKey = Field(description="Key of the taint, such as nvidia.com/gpu.")
    value: TaintValue | None = Field(default=None, description="Value of the taint. Default: none.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        title="NoSchedule, PreferNoSchedule or NoExecute",
        description="What happens to pods that do not tolerate it.",
    )


class ExistingPool(Part):
    """Nodes that are there already: the stack labels and taints them, and undoes it on removal."""

    provider: Literal["existing"] = Field(
        title="existing, the only provider so far",
        description="Who makes the nodes: `existing` takes nodes that are there already.",
    )
    nodes: Annotated[tuple[ObjectName, ...], Field(strict=False)] = Field(
        min_length=1,
        title="a list of node names, such as [gpu-node-1]",
        description="Names of the nodes, as `kubectl get nodes` shows them.",
    )
    accelerator: Resource = Field(
        default="nvidia.com/gpu",
        description=(
            "Extended resource of the accelerator, which pods request; `none` for nodes that "
            "have processors only. Default nvidia.com/gpu."
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
    track: Literal["stable", "canary"] = Field(
        title="stable or canary",
        description=(
            "Label of the nodes, for people and dashboards. It binds no version to the pool: a "
            "promoted canary stays where it runs."
        ),
    )


# Issue 5 makes this a union of pools, told apart by `provider`.
Pool = ExistingPool
