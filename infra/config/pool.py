"""What pools of every provider have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import ObjectName, Resource


class NodePool(Part):
    """Nodes of one kind that carry the pool's label and taint."""

    accelerator: Resource = Field(
        default="nvidia.com/gpu",
        description=(
            "Extended resource of the accelerator, which pods request; `none` for nodes that "
            "have processors only. Default nvidia.com/gpu."
        ),
    )
    runtime_class: ObjectName | None = Field(
        default=None,
        description=(
            "RuntimeClass of the pods, where the accelerator needs one and it is not called as its "
            "vendor calls it. Default: the accelerator's."
        ),
    )
    track: Literal["stable", "canary"] = Field(
        title="stable or canary",
        description=(
            "What the pool is for: pods in a canary pool have a lower priority and preempt nobody. "
            "It binds no version to the pool: a promoted canary stays where it runs."
        ),
    )
