"""The cluster's DNS: CoreDNS in the instance's network, for Services by name and nothing else.

Pods ask it at the instance's own address on the bridge, so that it needs no Service of its own.
Names outside the cluster do not exist for it: a machine may reach no other resolver, and a pod
that has to find something out there is told so at once.
"""

from __future__ import annotations

import http.client
import sys
from pathlib import Path

from local.cluster.layout import API_ADDRESS, CLUSTER_DOMAIN, Layout
from local.cluster.supervisor import Process

_READY_ADDRESS, _READY_PORT = "127.0.0.1", 8181


def corefile(layout: Layout) -> str:
    """CoreDNS's configuration (https://coredns.io/manual/configuration/)."""
    return f"""\
{CLUSTER_DOMAIN} {{
    bind {API_ADDRESS}
    errors
    ready {_READY_ADDRESS}:{_READY_PORT}
    kubernetes {{
        kubeconfig {layout.pki / "admin.kubeconfig"}
    }}
}}
. {{
    bind {API_ADDRESS}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def process(layout: Layout, binaries: Path) -> Process:
    """CoreDNS, with its configuration written."""
    configuration = layout.state / "Corefile"
    configuration.write_text(corefile(layout))
    return Process("coredns", [str(binaries / "coredns"), f"-conf={configuration}"])


def main() -> int:
    """Exit status 0 once CoreDNS knows the cluster's Services; asked in the instance's network."""
    connection = http.client.HTTPConnection(_READY_ADDRESS, _READY_PORT, timeout=2)
    try:
        connection.request("GET", "/ready")
        return int(connection.getresponse().status != http.HTTPStatus.OK)
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
