"""Links, addresses and routes inside an instance's network namespace.

The control plane, the DNS and the gateway live in the instance's own namespace; each node has
one more, as a machine of its own would, joined by a bridge.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.cluster.layout import API_ADDRESS, Layout, NodeAddress

_BRIDGE = "nodes"
_NAMESPACES = Path("/run/netns")


def set_up(layout: Layout) -> None:
    """Called by the instance's first process, in its fresh network and mount namespaces."""
    _ip("link", "set", "lo", "up")
    _ip("link", "add", _BRIDGE, "type", "bridge")
    _ip("address", "add", f"{API_ADDRESS}/24", "dev", _BRIDGE)
    _ip("link", "set", _BRIDGE, "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    for node in layout.nodes:
        _add_node(node)


def namespace(node: str) -> Path:
    return _NAMESPACES / node


def _add_node(node: NodeAddress) -> None:
    _ip("netns", "add", node.name)
    _ip("link", "add", node.name, "type", "veth", "peer", "name", "eth0", "netns", node.name)
    _ip("link", "set", node.name, "master", _BRIDGE, "up")
    inside = ("-n", node.name)
    _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "address", "add", f"{node.ip}/24", "dev", "eth0")
    _ip(*inside, "link", "set", "eth0", "up")
    # What goes to another node's pods passes through the instance, which knows all ranges.
    _ip(*inside, "route", "add", "default", "via", API_ADDRESS)
    _ip("route", "add", node.pods, "via", node.ip)
    forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
    _ip("netns", "exec", node.name, "sh", "-c", forward)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
