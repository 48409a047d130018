"""What follows from a pool's configuration, whichever provider it has."""

from __future__ import annotations

from infra.config import accelerators
from infra.config.accelerators import Accelerator
from infra.config.karpenter import KarpenterPool
from infra.config.managed_pools import ManagedPool
from infra.config.pool import NodePool
from infra.config.pools import CardShare, Dra, ExistingPool

NONE = "none"
"""The accelerator of nodes that have processors only."""


def accelerator_of(pool: NodePool) -> Accelerator | None:
    """What is known of the pool's accelerator; None for nodes without."""
    if pool.accelerator == NONE:
        return None
    return accelerators.find(pool.accelerator, shared=share_of(pool) is not None)


def share_of(pool: NodePool) -> CardShare | None:
    """Which part of a card each accelerator of a pod is; None for whole devices."""
    return pool.share if isinstance(pool, ExistingPool) else None


def dra_of(pool: NodePool) -> Dra | None:
    """How pods claim devices; None where they ask for an extended resource, or for nothing."""
    return pool.dra if isinstance(pool, ExistingPool) else None


def asks_for_resource(pool: NodePool) -> bool:
    """Whether pods ask for an extended resource: neither for nothing nor for claims."""
    return pool.accelerator != NONE and dra_of(pool) is None


def has_fixed_nodes(pool: NodePool) -> bool:
    """Whether the nodes are what they are: nobody makes one for a pod that waits."""
    return isinstance(pool, ExistingPool)


def node_names(pool: NodePool) -> tuple[str, ...]:
    """Names of the nodes, where they are known before the cluster is asked."""
    return pool.nodes if isinstance(pool, ExistingPool) else ()


def most_nodes(pool: NodePool) -> int | None:
    """How many nodes the pool may have at the most; None where nothing says so."""
    if isinstance(pool, ExistingPool):
        return len(pool.nodes)
    return pool.size.max if isinstance(pool, ManagedPool) else None


def cards_of_node(pool: NodePool) -> int | None:
    """How many accelerators one node offers; None where nothing says so."""
    return pool.cards if isinstance(pool, ExistingPool | ManagedPool) else None


def most_cards(pool: NodePool) -> int | None:
    """How many accelerators the pool may have at the most; None where nothing says so."""
    if pool.accelerator == NONE:
        return 0
    if isinstance(pool, KarpenterPool):
        return pool.limits.get(pool.accelerator)
    nodes, cards = most_nodes(pool), cards_of_node(pool)
    return None if nodes is None or cards is None else nodes * cards
