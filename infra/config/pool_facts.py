"""What follows from a pool's configuration, whichever provider it has."""

from __future__ import annotations

from infra.config import accelerators
from infra.config.accelerators import Accelerator
from infra.config.karpenter import KarpenterPool
from infra.config.managed_pools import ManagedPool
from infra.config.pool import NodePool
from infra.config.pools import ExistingPool

NONE = "none"
"""The accelerator of nodes that have processors only."""


def accelerator_of(pool: NodePool) -> Accelerator | None:
    """What is known of the pool's accelerator; None for nodes without."""
    if pool.accelerator == NONE:
        return None
    shared = isinstance(pool, ExistingPool) and pool.share is not None
    return accelerators.find(pool.accelerator, shared=shared)


def asks_for_resource(pool: NodePool) -> bool:
    """Whether pods ask for an extended resource: neither for nothing nor for claims."""
    return pool.accelerator != NONE and not (isinstance(pool, ExistingPool) and pool.dra)


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
