"""GPU node pools."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import ObjectName, Resource


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
    track: Literal["stable", "canary"] = Field(
        title="stable or canary",
        description=(
            "Label of the nodes, for people and dashboards. It binds no version to the pool: a "
            "promoted canary stays where it runs."
        ),
    )


# Issue 5 makes this a union of pools, told apart by `provider`.
Pool = ExistingPool
