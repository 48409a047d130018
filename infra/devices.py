"""What a version's pods and container say so that they get the devices of their pool."""

from __future__ import annotations

from infra.claims import CLAIM, pod_claims
from infra.config import NodePool, Version, accelerator_of, asks_for_resource
from infra.config.pool_facts import dra_of, share_of
from infra.isolation import Manifest


def variables(version: Version, pool: NodePool) -> dict[str, str]:
    """Variables of the container (service/settings.py): workers, and the device that they drive.

    None without an accelerator: the container then runs on processors, as many as it has.
    """
    accelerator = accelerator_of(pool)
    if accelerator is None or not version.resources.accelerators:
        return {}
    count = str(version.resources.accelerators)
    # One worker process drives one device. NVIDIA cards the container counts itself.
    device = {"DEVICE": accelerator.device, "GPUS": count} if accelerator.device else {}
    return {"WORKERS": count, **device}


def devices_of_pod(version: Version, pool: NodePool) -> Manifest:
    """The part of a pod's spec that its devices need."""
    spec: Manifest = {}
    accelerator = accelerator_of(pool)
    runtime = pool.runtime_class or (accelerator and accelerator.runtime_class)
    if runtime:
        spec["runtimeClassName"] = runtime
    if _by_claim(version, pool):
        spec["resourceClaims"] = pod_claims(version.pool, version.resources.accelerators)
    return spec


def extended_resources(version: Version, pool: NodePool) -> dict[str, str]:
    """What the container requests of the pool's accelerator, and may have of it."""
    if not asks_for_resource(pool) or not version.resources.accelerators:
        return {}
    return {pool.accelerator: str(version.resources.accelerators), **_share(pool)}


def container_claims(version: Version, pool: NodePool) -> Manifest:
    """The part of a container's resources that names the pod's claim."""
    return {"claims": [{"name": CLAIM}]} if _by_claim(version, pool) else {}


def _by_claim(version: Version, pool: NodePool) -> bool:
    return dra_of(pool) is not None and version.resources.accelerators > 0


def _share(pool: NodePool) -> dict[str, str]:
    """Which part of a card each of a pod's accelerators is, where it is one."""
    share, accelerator = share_of(pool), accelerator_of(pool)
    if share is None or accelerator is None or accelerator.share is None:
        return {}
    part = {accelerator.share.memory: str(share.memory)}
    if share.cores is not None:
        part[accelerator.share.cores] = str(share.cores)
    return part
