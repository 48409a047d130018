"""What a fresh cluster gets before any stack: the classes and the Gateway that Traefik serves."""

from __future__ import annotations

from typing import Any

from local.cluster.layout import API_ADDRESS, METRICS_PORT

GATEWAY_NAMESPACE = "traefik"


def platform_objects() -> list[dict[str, Any]]:
    """Manifests in the order in which they can be created."""
    return [_namespace(), _ingress_class(), _gateway_class(), _gateway(), *_gateway_metrics()]


def _namespace() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": GATEWAY_NAMESPACE},
    }


def _ingress_class() -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "nginx"},
        "spec": {"controller": "k8s.io/ingress-nginx"},
    }


def _gateway_class() -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "traefik"},
        "spec": {"controllerName": "traefik.io/gateway-controller"},
    }


def _gateway() -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "paddle-canary", "namespace": GATEWAY_NAMESPACE},
        "spec": {
            "gatewayClassName": "traefik",
            "listeners": [
                {
                    "name": "web",
                    "protocol": "HTTP",
                    "port": 80,
                    "allowedRoutes": {"namespaces": {"from": "All"}},
                }
            ],
        },
    }


def _gateway_metrics() -> list[dict[str, Any]]:
    """The Service that Traefik's chart makes of its metrics; here Traefik runs outside pods."""
    metadata = {"name": "traefik-metrics", "namespace": GATEWAY_NAMESPACE}
    port = {"name": "metrics", "port": METRICS_PORT, "protocol": "TCP"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"clusterIP": "None", "ports": [port]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": "traefik-metrics"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [API_ADDRESS], "conditions": {"ready": True}}],
            "ports": [port],
        },
    ]
