"""Node pools that a cloud manages: Alibaba ACK, AWS EKS, Google GKE."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import CloudName
from infra.config.pool import NodePool

CloudNames = Annotated[tuple[CloudName, ...], Field(strict=False)]


class Size(Part):
    """Between which numbers of nodes the cloud's autoscaler keeps the pool."""

    min: int = Field(
        default=0,
        ge=0,
        le=1000,
        title="a whole number from 0 to 1000",
        description="Fewest nodes. Default 0.",
    )
    max: int = Field(
        ge=1, le=1000, title="a whole number from 1 to 1000", description="Most nodes."
    )


class ManagedPool(NodePool):
    """Nodes that a cloud makes and takes away, within a size."""

    size: Size = Field(description="Fewest and most nodes.")
    cards: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        title="a whole number from 1 to 1024",
        description=(
            "How many of `accelerator` each node offers; needed unless that is `none`. What does "
            "not fit into `size` is refused."
        ),
    )


class AckPool(ManagedPool):
    """A node pool of Alibaba Cloud ACK (package pulumi-alicloud)."""

    provider: Literal["ack"] = Field(
        title="ack", description="Who makes the nodes: `ack` is Alibaba Cloud's ACK."
    )
    cluster: CloudName = Field(description="Id of the cluster.")
    vswitches: CloudNames = Field(
        min_length=1,
        title="a list of ids, such as [vsw-1]",
        description="Ids of the vSwitches that nodes are put into.",
    )
    instance_types: CloudNames = Field(
        min_length=1,
        title="a list of instance types, such as [ecs.gn7i-c8g1.2xlarge]",
        description="Instance types, the preferred one first.",
    )


class EksPool(ManagedPool):
    """A managed node group of AWS EKS (package pulumi-aws)."""

    provider: Literal["eks"] = Field(
        title="eks", description="Who makes the nodes: `eks` is Amazon's EKS."
    )
    cluster: CloudName = Field(description="Name of the cluster.")
    node_role: CloudName = Field(description="ARN of the role that the nodes have.")
    subnets: CloudNames = Field(
        min_length=1,
        title="a list of ids, such as [subnet-1]",
        description="Ids of the subnets that nodes are put into.",
    )
    instance_types: CloudNames = Field(
        min_length=1,
        title="a list of instance types, such as [g6.2xlarge]",
        description="Instance types.",
    )
    ami_type: CloudName | None = Field(
        default=None,
        description=(
            "Image of the nodes. Default AL2023_x86_64_NVIDIA, or AL2023_x86_64_STANDARD where "
            "accelerator is none."
        ),
    )
    capacity_type: Literal["ON_DEMAND", "SPOT", "CAPACITY_BLOCK"] = Field(
        default="ON_DEMAND",
        title="ON_DEMAND, SPOT or CAPACITY_BLOCK",
        description="How the instances are paid for. Default ON_DEMAND.",
    )


class GkePool(ManagedPool):
    """A node pool of Google GKE (package pulumi-gcp)."""

    provider: Literal["gke"] = Field(
        title="gke", description="Who makes the nodes: `gke` is Google's GKE."
    )
    cluster: CloudName = Field(description="Name of the cluster.")
    location: CloudName = Field(description="Zone or region of the cluster.")
    zones: CloudNames = Field(
        default=(),
        title="a list of zones, such as [us-central1-a]",
        description="Zones of the nodes. Default: those of the cluster.",
    )
    machine_type: CloudName = Field(description="Machine type, such as g2-standard-8.")
    card_type: CloudName | None = Field(
        default=None,
        description="Type of the cards, such as nvidia-l4; needed unless accelerator is none.",
    )
