"""Where an instance keeps things and which ports it publishes: a pure function of its name.

Only the published ports can collide between instances; addresses inside an instance are the
same in all of them, for each has a network of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from local.cluster.site import Ports, Site

NODES = ("gpu-node-1", "gpu-node-2")
GPUS_PER_NODE = 4
GPU_RESOURCE = "nvidia.com/gpu"

API_ADDRESS = "10.210.0.1"
API_PORT = 6443
SERVICE_RANGE = "10.211.0.0/16"
KUBERNETES_SERVICE = "10.211.0.1"
CLUSTER_DOMAIN = "cluster.local"
# At the API server's address, for pods.
METRICS_PORT = 8082
ROBOTS_PORT = 8090

_STATE = Path("/var/lib/paddle-canary")
_RUN = Path("/run/paddle-canary")
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
_FIRST_PORT = 18080
_SLOTS = {"demo": 0, "test": 1}
_FREE_SLOTS = 40


@dataclass(frozen=True)
class NodeAddress:
    """A node's address on the instance's bridge and the range that its pods get."""

    name: str
    ip: str
    pods: str
    gateway: str


@dataclass(frozen=True)
class Layout:
    """All paths and ports of one instance."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"instance name {self.name!r}: use lower-case letters, digits and inner dashes,"
                " at most 32, the first a letter"
            )

    @property
    def state(self) -> Path:
        return _STATE / self.name

    @property
    def run(self) -> Path:
        return _RUN / self.name

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def site(self) -> Site:
        """Of its control plane, seen from inside the instance."""
        return Site(self.name, self.state, API_ADDRESS, Ports(api=API_PORT))

    @property
    def pki(self) -> Path:
        return self.site.pki

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def robots(self) -> Path:
        """What the chat robots of the instance were told."""
        return self.state / "robots"

    @property
    def cgroup(self) -> str:
        """Path below every cgroup hierarchy, without a leading slash."""
        return f"paddle-canary-{self.name}"

    @property
    def gateway_port(self) -> int:
        return _FIRST_PORT + 100 * self._slot

    @property
    def gateway_metrics_port(self) -> int:
        return self.gateway_port + 1

    @property
    def api_port(self) -> int:
        return self.gateway_port + 2

    @property
    def ports(self) -> dict[str, int]:
        """What is published on 127.0.0.1, by what listens there."""
        return {
            "gateway": self.gateway_port,
            "gateway metrics": self.gateway_metrics_port,
            "API server": self.api_port,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def nodes(self) -> tuple[NodeAddress, ...]:
        return tuple(
            NodeAddress(name, f"10.210.0.{10 + i}", f"10.210.{i}.0/24", f"10.210.{i}.1")
            for i, name in enumerate(NODES, start=1)
        )

    def node_directory(self, node: str) -> Path:
        return self.state / "nodes" / node

    @property
    def _slot(self) -> int:
        known = _SLOTS.get(self.name)
        if known is not None:
            return known
        digest = hashlib.sha256(self.name.encode()).digest()
        return len(_SLOTS) + int.from_bytes(digest[:4]) % _FREE_SLOTS
