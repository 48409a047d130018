"""A stack file for a fleet of any size, and the machines that its pools speak of.

Where pods may run is the stack's own business: here stands only what there is, and what the models
ask for. Machines are bare; the stack's patches, or the NodePool's template, make them a pool's.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, Any]
"""What a stack file has under `paddle-canary:`."""

TRACKS = ("stable", "canary")
MACHINE = "example.com/machine"
"""Label of virtual nodes: the machine that they are on."""
NAMESPACE = "paddle-models"
STABLE, CANARY = "v1", "v2"
"""Of each model, at first."""

_GPU, _MIG, _XPU = "nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "kunlunxin.com/xpu"
# Of a hundred nodes of a kind; canaries run fewer pods.
_STABLE_SHARE = 60
_VMS_OF_A_MACHINE = 2


@dataclass(frozen=True)
class Kind:
    """A kind of node, of which there is a pool for each track.

    share: of a hundred nodes. pool: what the stack file says of such a pool, but for its nodes.
    offers: extended resources of one node. asks: accelerators of a pod, one of these.
    """

    share: int
    pool: Mapping[str, Any]
    offers: Mapping[str, int]
    asks: tuple[int, ...] = (1,)
    labels: Mapping[str, str] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "card": Kind(20, {"provider": "existing", "cards": 1}, {_GPU: 1}),
    "xpu": Kind(
        5,
        {"provider": "existing", "accelerator": _XPU, "cards": 8},
        {_XPU: 8},
        asks=(1, 2, 4, 8),
    ),
    "box": Kind(
        25,
        {"provider": "existing", "cards": 8, "taints": [{"key": _GPU, "effect": "NoSchedule"}]},
        {_GPU: 8},
        asks=(1, 2, 4, 8),
    ),
    "mig": Kind(15, {"provider": "existing", "accelerator": _MIG, "cards": 14}, {_MIG: 14}),
    # Two cards in ten parts each. HAMi's own scheduler picks the card; here parts are counted.
    "hami": Kind(
        10,
        {"provider": "existing", "cards": 20, "share": {"memory": 8192, "cores": 10}},
        {_GPU: 20, "nvidia.com/gpumem": 2 * 81920, "nvidia.com/gpucores": 200},
    ),
    "vm": Kind(
        15,
        {"provider": "existing", "cards": 2, "topologyKey": MACHINE},
        {_GPU: 2},
        asks=(1, 2),
    ),
    "made": Kind(
        10,
        {
            "provider": "karpenter",
            "nodeClass": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
        },
        {_GPU: 4},
        asks=(1, 2),
    ),
}
FEWEST_NODES, FEWEST_MODELS = 28, len(KINDS)


@dataclass(frozen=True)
class Machine:
    """A node before the stack knows of it. `pool`: whose it is to be."""

    name: str
    pool: str
    labels: Mapping[str, str]
    offers: Mapping[str, int]

    def manifest(self) -> dict[str, Any]:
        """As its kubelet would register it."""
        devices = {name: str(number) for name, number in self.offers.items()}
        capacity = {"cpu": "96", "memory": "1Ti", "ephemeral-storage": "2Ti", "pods": "110"}
        status = {**capacity, **devices}
        labels = {"kubernetes.io/hostname": self.name, **self.labels}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": labels},
            "status": {"capacity": status, "allocatable": status},
        }


def kind_of(pool: str) -> Kind:
    """Pools are called `<kind>-<track>`."""
    return KINDS[pool.rpartition("-")[0]]


def machines(nodes: int) -> list[Machine]:
    """`nodes` machines, of every kind and track.

    Raises:
        ValueError: fewer nodes than kinds need.
    """
    if nodes < FEWEST_NODES:
        raise ValueError(f"--nodes {nodes}: at least {FEWEST_NODES}, so that each pool has some")
    counts = {
        f"{name}-{track}": max(1, nodes * kind.share * part // 10_000)
        for name, kind in KINDS.items()
        for track, part in zip(TRACKS, (_STABLE_SHARE, 100 - _STABLE_SHARE), strict=True)
    }
    counts["box-stable"] += nodes - sum(counts.values())
    return [_machine(pool, number) for pool, count in counts.items() for number in range(count)]


def _machine(pool: str, number: int) -> Machine:
    labels: dict[str, str] = {}
    if "topologyKey" in kind_of(pool).pool:
        # Both tracks have nodes on the same machines: only the machine's label keeps them apart.
        labels[MACHINE] = f"machine-{number // _VMS_OF_A_MACHINE}"
    if kind_of(pool).pool["provider"] == "karpenter":
        labels["topology.kubernetes.io/zone"] = f"zone-{number % 3}"
    return Machine(f"{pool}-{number}", pool, labels, kind_of(pool).offers)


def stack(there: list[Machine], models: int, rng: random.Random) -> Values:
    """The stack of `models` models with a stable version and a canary each, on these machines.

    Canaries are in pools of every kind in turn, so that `model_with_canary` finds one.

    Raises:
        ValueError: fewer models than kinds.
    """
    if models < FEWEST_MODELS:
        raise ValueError(f"--models {models}: at least {FEWEST_MODELS}, one for each kind of node")
    pools = {name: _pool(name, there) for name in dict.fromkeys(each.pool for each in there)}
    values: Values = {"namespace": NAMESPACE, "nodePools": pools, "models": {}}
    for number in range(models):
        kind = rng.choices(list(KINDS), [each.share for each in KINDS.values()])[0]
        stable = version(f"{kind}-stable", rng.randint(1, 3), rng)
        canary = version(f"{list(KINDS)[number % len(KINDS)]}-canary", 1, rng)
        values["models"][f"m{number}"] = {
            "host": f"m{number}.example.com",
            "stable": STABLE,
            "canary": {CANARY: 5},
            "versions": {STABLE: stable, CANARY: canary},
        }
    return values


def model_with_canary(kind: str) -> str:
    """The model whose canary, `v2`, is in the canary pool of a kind, in the first stack."""
    return f"m{list(KINDS).index(kind)}"


def version(pool: str, replicas: int, rng: random.Random) -> Values:
    """A version as the stack file has it."""
    return {
        "image": "registry.example.com/paddle/model:v1",
        "pool": pool,
        "replicas": replicas,
        "resources": {"cpu": "1", "accelerators": rng.choice(kind_of(pool).asks)},
    }


def _pool(name: str, there: list[Machine]) -> Values:
    kind, own = kind_of(name), [each.name for each in there if each.pool == name]
    where = (
        {"nodes": own}
        if kind.pool["provider"] == "existing"
        else {"limits": {_GPU: len(own) * kind.offers[_GPU]}}
    )
    return {**kind.pool, **where, "track": name.rpartition("-")[2]}
