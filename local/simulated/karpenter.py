"""Karpenter on a simulated control plane: its KWOK provider makes nodes, and KWOK plays them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from local.cluster.supervisor import Process
from local.simulated.client import Client
from local.simulated.cluster import Running, SimulationError, started
from local.simulated.waiting import wait_until

TOOL = "karpenter"
NODE_CLASS = {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": "simulated"}
"""What NodePools refer to."""
ON_DEMAND, ZONE = "on-demand", "zone-a"
"""Of all nodes."""

_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ESTABLISHED_S = 60.0


@contextmanager
def karpenter(
    client: Client, tools: Path, types: Mapping[str, Mapping[str, str]]
) -> Iterator[Running]:
    """With the definitions of its kinds, and a node class.

    Args:
        tools: where the binary and the definitions are (`local.toolchain.ensure`).
        types: resources of each type of instance, by its name.

    Raises:
        SimulationError: the API server does not know the kinds in time.
    """
    for path in sorted(tools.glob("*.yaml")):
        client.create(_DEFINITIONS, yaml.safe_load(path.read_text()))
    if not wait_until(lambda: _established(client), _ESTABLISHED_S):
        raise SimulationError(f"the kinds of Karpenter are not there after {_ESTABLISHED_S:g} s")
    group, kind, name = NODE_CLASS["group"], NODE_CLASS["kind"], NODE_CLASS["name"]
    node_class = {"apiVersion": f"{group}/v1alpha1", "kind": kind, "metadata": {"name": name}}
    client.create(f"/apis/{group}/v1alpha1/{kind.lower()}es", {**node_class, "spec": {}})
    state = client.site.state
    instances = state / "instances.json"
    instances.write_text(json.dumps([_instance(name, has) for name, has in types.items()]))
    command = [
        str(tools / "karpenter"),
        f"--instance-types-file-path={instances}",
        "--disable-leader-election=true",
        # Any port: two of these must not meet.
        "--metrics-port=0",
        "--health-probe-port=0",
    ]
    environment = {"KUBECONFIG": str(client.site.kubeconfig("admin"))}
    with started(Process(TOOL, command, environment), state) as running:
        yield running


def _established(client: Client) -> bool:
    return all(
        any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
        for conditions in (
            # Null until somebody has looked.
            definition.get("status", {}).get("conditions") or ()
            for definition in client.get(_DEFINITIONS)["items"]
        )
    )


def _instance(name: str, resources: Mapping[str, str]) -> dict[str, Any]:
    """As the provider reads it: `InstanceTypeOptions` of its module."""
    where = {"karpenter.sh/capacity-type": ON_DEMAND, "topology.kubernetes.io/zone": ZONE}
    requirements = [
        {"key": key, "operator": "In", "values": [value]} for key, value in where.items()
    ]
    return {
        "name": name,
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "offerings": [{"Price": 1.0, "Available": True, "Requirements": requirements}],
        "resources": dict(resources),
    }
