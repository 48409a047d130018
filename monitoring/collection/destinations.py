"""Where an address leads to, as a peer of a NetworkPolicy."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

Rule = dict[str, Any]

_IN_CLUSTER = re.compile(r"[^.]+\.(?P<namespace>[^.]+)\.svc(\..+)?")
# Addresses that are nobody's on the internet: the cluster's own, neighbours, metadata of clouds.
# https://www.iana.org/assignments/iana-ipv4-special-registry/
_PRIVATE = {
    "0.0.0.0/0": [
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    ],
    "::/0": ["fc00::/7", "fe80::/10"],
}
_DNS_CACHE = "169.254.20.10/32"  # of a node that has one: it answers at the same address everywhere


def namespace(name: str) -> Rule:
    """Every pod of a namespace."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def tcp(*numbers: int) -> list[Rule]:
    """TCP ports."""
    return [{"protocol": "TCP", "port": number} for number in numbers]


def outside(port: int) -> Rule:
    """A port of anybody on the internet. A policy knows addresses and no names."""
    blocks = [
        {"ipBlock": {"cidr": everything, "except": private}}
        for everything, private in _PRIVATE.items()
    ]
    return {"to": blocks, "ports": tcp(port)}


def of_url(url: str) -> Rule:
    """To where a URL leads, as closely as its host tells.

    The namespace of a Service, whose pods may listen on any port; an address; else the internet.
    """
    parts = urlsplit(url)
    return of_host(parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443))


def of_host(host: str, port: int) -> Rule:
    """As `of_url`, for a host and a port."""
    if inside := _IN_CLUSTER.fullmatch(host):
        return {"to": [namespace(inside["namespace"])]}
    try:
        address = ipaddress.ip_network(host)
    except ValueError:
        return outside(port)
    return {"to": [{"ipBlock": {"cidr": str(address)}}], "ports": tcp(port)}


def dns() -> Rule:
    """The cluster's resolver."""
    return {
        "to": [namespace("kube-system"), {"ipBlock": {"cidr": _DNS_CACHE}}],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }


def api_server() -> Rule:
    """The API server, whose address a policy cannot name: its two usual ports, anywhere."""
    return {"ports": tcp(443, 6443)}
