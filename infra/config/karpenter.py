"""Node pools whose nodes Karpenter makes (karpenter.sh/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import DisruptedNodes, LimitName, NodeLabelValue, ObjectName, TaintKey
from infra.config.pool import NodePool
from infra.config.values import Duration


class NodeClass(Part):
    """The node class of Karpenter's cloud provider, which is made elsewhere."""

    group: ObjectName = Field(description="API group, such as karpenter.k8s.aws.")
    kind: str = Field(
        pattern="^[A-Z][A-Za-z0-9]*$",
        title="a kind such as EC2NodeClass",
        description="Kind, such as EC2NodeClass, ECSNodeClass or KWOKNodeClass.",
    )
    name: ObjectName = Field(description="Name of the object.")


class Requirement(Part):
    """What must hold of a label of the nodes that Karpenter makes."""

    key: TaintKey = Field(description="Label, such as node.kubernetes.io/instance-type.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = Field(
        title="In, NotIn, Exists, DoesNotExist, Gt or Lt",
        description="How the label is compared with `values`.",
    )
    values: Annotated[tuple[NodeLabelValue, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of texts, such as [gn7i, gn7e]",
        description="Values of the label. Default: none.",
    )


class Budget(Part):
    """How many nodes Karpenter may take away at a time."""

    nodes: DisruptedNodes = Field(description="Number of nodes, or percent of them.")
    reasons: Annotated[
        tuple[Literal["Underutilized", "Empty", "Drifted"], ...], Field(strict=False)
    ] = Field(
        default=(),
        title="a list of Underutilized, Empty and Drifted",
        description="Reasons that the budget is for. Default: all of them.",
    )
    schedule: str | None = Field(
        default=None,
        pattern=r"^\S+( \S+){4}$",
        title='a cron schedule in UTC, such as "0 9 * * mon-fri"',
        description="When the budget begins to hold. Default: always.",
    )
    duration: Duration | None = Field(
        default=None, description="How long it holds each time; needed with `schedule`."
    )


Limit = Annotated[int, Field(ge=1, le=1_000_000, title="a whole number from 1")]


class KarpenterPool(NodePool):
    """Nodes that Karpenter makes for waiting pods and takes away after them."""

    provider: Literal["karpenter"] = Field(
        title="karpenter",
        description="Who makes the nodes: `karpenter` makes them for pods that wait.",
    )
    node_class: NodeClass = Field(description="Node class that the nodes are made from.")
    requirements: Annotated[tuple[Requirement, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of requirements, such as [{key: …, operator: In, values: […]}]",
        description="Which instances may be taken. Default: whatever the node class allows.",
    )
    limits: Mapping[LimitName, Limit] = Field(
        default={},
        title="a mapping of resources to amounts, such as {nvidia.com/gpu: 8}",
        description="The most that all nodes together may have; `accelerator` is needed in it.",
    )
    budgets: Annotated[tuple[Budget, ...], Field(strict=False)] = Field(
        default=(),
        title='a list of budgets, such as [{nodes: "1"}]',
        description=(
            "How many nodes may be taken away at a time while they are in use. Default: one."
        ),
    )
    consolidate_after: Duration | None = Field(
        default=None,
        description="How long a node is kept that nobody uses; in whole seconds. Default 5m.",
    )
    reserved: bool = Field(
        default=False,
        title="true or false",
        description=(
            "Whether the cards are reserved and paid for anyhow: then no node is consolidated, "
            "expires or is replaced. Default false."
        ),
    )
