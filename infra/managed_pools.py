"""Node pools of clouds, as what the clouds' Pulumi packages are told.

Names are those of the packages' Python arguments. How many nodes there are between `size.min` and
`size.max` is the autoscaler's business, so no number is asked for, or changes of it are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.config import AckPool, EksPool, GkePool, ManagedPool
from infra.config.pool_facts import NONE
from infra.isolation import pool_labels, pool_taint

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Package:
    """A Pulumi package that has a class of node pools.

    name, version: as pip knows it, and as requirements-clouds.txt pins it.
    module, kind: where the class is, and what it is called.
    ignored: properties that change without us.
    """

    name: str
    version: str
    module: str
    kind: str
    ignored: tuple[str, ...] = ()


PACKAGES: Mapping[type[ManagedPool], Package] = {
    AckPool: Package("pulumi-alicloud", "4.0.0", "pulumi_alicloud.cs", "NodePool"),
    EksPool: Package(
        "pulumi-aws", "7.51.1", "pulumi_aws.eks", "NodeGroup", ("scalingConfig.desiredSize",)
    ),
    GkePool: Package(
        "pulumi-gcp", "10.2.0", "pulumi_gcp.container", "NodePool", ("initialNodeCount",)
    ),
}


def inputs(name: str, pool: ManagedPool) -> Inputs:
    """Arguments of the cloud's node pool. Raises TypeError for a pool of no known cloud."""
    match pool:
        case AckPool():
            return _ack(name, pool)
        case EksPool():
            return _eks(name, pool)
        case GkePool():
            return _gke(name, pool)
    raise TypeError(type(pool))


def _ack(name: str, pool: AckPool) -> Inputs:
    """https://www.pulumi.com/registry/packages/alicloud/api-docs/cs/nodepool/."""
    labels = pool_labels(name, pool)
    return {
        "cluster_id": pool.cluster,
        "node_pool_name": name,
        "vswitch_ids": list(pool.vswitches),
        "instance_types": list(pool.instance_types),
        "labels": [{"key": key, "value": value} for key, value in labels.items()],
        "taints": [pool_taint(name)],
        "scaling_config": {
            "enable": True,
            "min_size": pool.size.min,
            "max_size": pool.size.max,
            "type": "cpu" if pool.accelerator == NONE else "gpu",
        },
    }


def _eks(name: str, pool: EksPool) -> Inputs:
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/nodegroup/."""
    images = "AL2023_x86_64_STANDARD" if pool.accelerator == NONE else "AL2023_x86_64_NVIDIA"
    return {
        "cluster_name": pool.cluster,
        "node_group_name": name,
        "node_role_arn": pool.node_role,
        "subnet_ids": list(pool.subnets),
        "instance_types": list(pool.instance_types),
        "ami_type": pool.ami_type or images,
        "capacity_type": pool.capacity_type,
        "labels": pool_labels(name, pool),
        "taints": [{**pool_taint(name), "effect": "NO_SCHEDULE"}],
        "scaling_config": {
            "min_size": pool.size.min,
            "max_size": pool.size.max,
            # Where it begins: EKS asks for a number.
            "desired_size": pool.size.min,
        },
        "update_config": {"max_unavailable": 1},
    }


def _gke(name: str, pool: GkePool) -> Inputs:
    """https://www.pulumi.com/registry/packages/gcp/api-docs/container/nodepool/."""
    node: Inputs = {
        "machine_type": pool.machine_type,
        "labels": pool_labels(name, pool),
        "taints": [{**pool_taint(name), "effect": "NO_SCHEDULE"}],
    }
    if pool.card_type is not None:
        driver = {"gpu_driver_version": "DEFAULT"}
        node["guest_accelerators"] = [
            {
                "type": pool.card_type,
                "count": pool.cards,
                "gpu_driver_installation_config": driver,
            }
        ]
    return {
        "name": name,
        "cluster": pool.cluster,
        "location": pool.location,
        **({"node_locations": list(pool.zones)} if pool.zones else {}),
        "initial_node_count": pool.size.min,
        # In all zones together, as `size` means it.
        "autoscaling": {
            "total_min_node_count": pool.size.min,
            "total_max_node_count": pool.size.max,
            "location_policy": "ANY",
        },
        "management": {"auto_repair": True, "auto_upgrade": True},
        "node_config": node,
    }
