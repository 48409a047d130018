"""Advertises the accelerators of the nodes, as a device plugin would on real ones.

A kubelet that starts anew sets what it does not know to zero, so this keeps looking.
"""

from __future__ import annotations

import http.client
import sys
import time

from local.cluster.api import Api
from local.cluster.layout import GPU_RESOURCE, GPUS_PER_NODE, NODES, Layout

_LOOK_SECONDS = 2.0


def main() -> None:
    api = Api.inside(Layout(sys.argv[1]))
    while True:
        for node in NODES:
            try:
                advertise(api, node)
            except (OSError, http.client.HTTPException) as problem:
                print(f"{node}: {problem}", flush=True)
        time.sleep(_LOOK_SECONDS)


def advertise(api: Api, node: str) -> None:
    """Set the node's capacity if it differs; the kubelet derives what is allocatable."""
    path = f"/api/v1/nodes/{node}"
    status = api.get(path)["status"]
    wanted = str(GPUS_PER_NODE)
    resources = {key: {GPU_RESOURCE: wanted} for key in ("capacity", "allocatable")}
    if any(status.get(key, {}).get(GPU_RESOURCE) != wanted for key in resources):
        api.patch(f"{path}/status", {"status": resources})


if __name__ == "__main__":
    main()
