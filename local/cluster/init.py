"""The first process of an instance; whatever the instance runs ends with it.

Started by `instance.start` in fresh PID, mount and network namespaces, with listening sockets
of the machine's loopback already open.
"""

from __future__ import annotations

import fcntl
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from local.cluster import cgroups, dns, mounts, network, robots
from local.cluster.control_plane import control_plane
from local.cluster.layout import API_PORT, METRICS_PORT, Layout
from local.cluster.node import node_processes, write_configuration
from local.cluster.pki import write_pki
from local.cluster.record import Record, start_time, write_record
from local.cluster.supervisor import python_module, supervise


def main() -> None:
    """Arguments: instance, JSON of the tools' directories, descriptors of three sockets."""
    layout = Layout(sys.argv[1])
    tools = {name: Path(path) for name, path in json.loads(sys.argv[2]).items()}
    gateway, metrics, api = (int(argument) for argument in sys.argv[3:])
    lock = (layout.run / "lock").open("a")
    # Fails if the instance runs already: two first processes would share one state.
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    write_record(layout, _own_record())
    layout.logs.mkdir(parents=True, exist_ok=True)
    write_pki(layout)
    cgroups.make(layout)
    mounts.set_up(layout)
    network.set_up(layout)
    carried = {metrics: METRICS_PORT, api: API_PORT}
    processes = control_plane(layout.site, tools)
    for node in layout.nodes:
        write_configuration(layout, node)
        processes += node_processes(layout, node, tools["kubernetes"])
    processes += [
        dns.process(layout, tools["coredns"]),
        python_module("local.cluster.accelerators", layout.name),
        python_module("local.cluster.traefik", layout.name, str(gateway), sockets=[gateway]),
        python_module("local.cluster.forwarder", *_pairs(carried), sockets=list(carried)),
        robots.process(layout),
    ]
    supervise(processes, layout.logs)


def _pairs(ports: Mapping[int, int]) -> list[str]:
    return [str(number) for pair in ports.items() for number in pair]


def _own_record() -> Record:
    # /proc is still the machine's here, so this is the number that the machine knows us by.
    pid = int(Path("/proc/self").readlink().name)
    return Record(pid, start_time(pid) or 0)


if __name__ == "__main__":
    main()
