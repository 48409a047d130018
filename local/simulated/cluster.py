"""Starts the control plane and KWOK on free ports, and ends them with a `with` block."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local.cluster.control_plane import control_plane
from local.cluster.pki import write_authority
from local.cluster.site import Ports, Site
from local.cluster.supervisor import Process
from local.ports import LOOPBACK, free_ports
from local.simulated.client import Client
from local.simulated.waiting import wait_until

TOOLS = ("etcd", "kubernetes", "kwok")
FAILED = "simulated.paddle-canary.dev/failed"
"""Annotation of a node that has failed, whatever its value (stages.yaml)."""

# Should this process be killed, they end with it.
_WITH_US = ("setpriv", "--pdeathsig", "KILL")
# Seconds; a start takes about ten on a quiet machine.
_START_S = 180.0
_TAIL = 2000

# Without those that need a network or a cloud: nothing answers here, so nobody needs endpoints.
_CONTROLLERS = (
    *("deployment-controller", "replicaset-controller", "resourcequota-controller"),
    *("disruption-controller", "node-lifecycle-controller", "taint-eviction-controller"),
    *("pod-garbage-collector-controller", "garbage-collector-controller"),
    *("namespace-controller", "serviceaccount-controller"),
)
# The clients' own limits (20 to 50 requests a second) would be all that a bench measures.
_UNTHROTTLED = ("--kube-api-qps=1000", "--kube-api-burst=1000")
_MORE: Mapping[str, Sequence[str]] = {
    "kube-apiserver": (
        f"--bind-address={LOOPBACK}",
        # Nobody reaches it by the Service `kubernetes`.
        "--endpoint-reconciler-type=none",
        "--enable-priority-and-fairness=false",
        # Pods leave a failed node after seconds and not after five minutes.
        "--default-not-ready-toleration-seconds=2",
        "--default-unreachable-toleration-seconds=2",
    ),
    "kube-controller-manager": (
        f"--controllers={','.join(_CONTROLLERS)}",
        *_UNTHROTTLED,
        # Nodes send no heartbeats: a thousand of them would take the time of the scheduler.
        "--node-monitor-grace-period=24h",
        # Usually one node in ten seconds.
        "--node-eviction-rate=100",
        "--secondary-node-eviction-rate=100",
    ),
    "kube-scheduler": _UNTHROTTLED,
}


class SimulationError(Exception):
    """The control plane does not start or has ended; the message has its last words."""


@contextmanager
def simulated(tools: dict[str, Path]) -> Iterator[Client]:
    """A control plane without nodes; KWOK makes ready whatever nodes are created.

    Args:
        tools: directories of the binaries of `TOOLS` (`local.toolchain.ensure`).

    Raises:
        SimulationError: a process ended or was not ready in time.
    """
    with tempfile.TemporaryDirectory(prefix="simulated-") as directory:
        ports = free_ports(5)
        site = Site("simulated", Path(directory), LOOPBACK, Ports(*ports))
        write_authority(site)
        etcd, api_server, *others = _processes(site, tools)
        client = Client(site)
        with ExitStack() as running:
            first = running.enter_context(started(etcd, site.state))
            _wait(first, lambda: _listens(site.ports.etcd))
            second = running.enter_context(started(api_server, site.state))
            _wait(second, client.ready)
            for process in others:
                running.enter_context(started(process, site.state))
            yield client


def _processes(site: Site, tools: dict[str, Path]) -> list[Process]:
    """etcd, the API server, then those that talk to it."""
    processes = [
        Process(each.name, [*each.command, *_MORE.get(each.name, ())])
        for each in control_plane(site, tools)
    ]
    kwok = [
        str(tools["kwok"] / "kwok"),
        f"--kubeconfig={site.kubeconfig('admin')}",
        f"--config={Path(__file__).with_name('stages.yaml')}",
        "--manage-all-nodes",
        "--node-lease-duration-seconds=0",
    ]
    return [*processes, Process("kwok", kwok)]


class Running:
    """A process with its log."""

    def __init__(self, name: str, child: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.child, self._log = name, child, log

    def last_words(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-_TAIL:]


@contextmanager
def started(process: Process, state: Path) -> Iterator[Running]:
    """A process that ends with the `with` block, or with this one; its log is in `state`."""
    log = state / f"{process.name}.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [*_WITH_US, *process.command],
            cwd=state,
            env={"PATH": os.environ["PATH"], "HOME": str(state), **process.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,  # Ctrl-C is for us, and we end them
        )
    try:
        yield Running(process.name, child, log)
    finally:
        # Nothing of it is kept, and the API server would wait for its watchers.
        child.kill()
        child.wait()


def _wait(running: Running, ready: Callable[[], bool]) -> None:
    wait_until(lambda: running.child.poll() is not None or ready(), _START_S)
    if running.child.poll() is not None:
        raise SimulationError(f"{running.name} has ended: {running.last_words()}")
    if not ready():
        raise SimulationError(
            f"{running.name} is not ready after {_START_S:g} s: {running.last_words()}"
        )


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((LOOPBACK, port)) == 0
