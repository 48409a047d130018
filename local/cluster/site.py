"""Where a control plane keeps its files and listens: an instance's, or one without nodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ports:
    """One for each listener; the defaults are those that Kubernetes and etcd have themselves."""

    api: int = 6443
    etcd: int = 2379
    etcd_peers: int = 2380
    controller_manager: int = 10257
    scheduler: int = 10259


@dataclass(frozen=True)
class Site:
    """`name` stands in kubeconfigs; etcd's data and `pki` are below `state`.

    `address` is where its own components, and nodes, reach the API server.
    """

    name: str
    state: Path
    address: str
    ports: Ports = Ports()

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def url(self) -> str:
        """Of the API server."""
        return f"https://{self.address}:{self.ports.api}"

    def kubeconfig(self, user: str) -> Path:
        """Where `user`, one of those that `write_authority` issues to, has its kubeconfig."""
        return self.pki / f"{user}.kubeconfig"
