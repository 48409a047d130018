"""Mounts of an instance and of each of its nodes, all in private mount namespaces.

A node sees its own /run, /var/lib and /var/log, as a machine of its own would, so that two
kubelets and two containerds can use the paths that are built into them.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from local.cluster.layout import NODES, Layout

_NODES = Path("/run/nodes")

# The kubelet sets these on the machine it runs on (and a panic would then restart it). It is
# shown files that hold what it wants to see, and leaves the machine alone.
_KERNEL_SETTINGS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def set_up(layout: Layout) -> None:
    """Called by the instance's first process, in its fresh PID and mount namespaces."""
    _mount("-t", "proc", "proc", "/proc")
    _mount("-t", "tmpfs", "tmpfs", "/run")
    _show_kernel_settings(Path("/run/kernel"))
    _NODES.mkdir()
    for node in NODES:
        _add_node(layout, node)


def namespace(node: str) -> Path:
    return _NODES / node


def _show_kernel_settings(directory: Path) -> None:
    for name, value in _KERNEL_SETTINGS.items():
        shown = directory / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(f"{value}\n")
        _mount("--bind", str(shown), f"/proc/sys/{name}")


def _add_node(layout: Layout, node: str) -> None:
    directory = layout.node_directory(node)
    state_inside = directory / "lib" / layout.state.relative_to("/var/lib")
    for path in (state_inside, directory / "log"):
        path.mkdir(parents=True, exist_ok=True)
    script = (
        'mount -t tmpfs tmpfs /run && mount --bind "$1" "$2" && mount --rbind "$3" /var/lib'
        # Volumes that pods share with their node need propagation; it ends at this namespace.
        ' && mount --bind "$4" /var/log && mount --make-rshared / && echo made && read -r _'
    )
    arguments = (layout.state, state_inside, directory / "lib", directory / "log")
    with subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as maker:
        if not maker.stdout or maker.stdout.readline() != b"made\n":
            raise OSError(f"the mounts of {node} could not be made; see the lines above")
        # An open descriptor keeps the namespace. Binding it to a file, as for a network, is
        # refused at random by kernels that number namespaces per processor (seen on 6.18).
        descriptor = os.open(f"/proc/{maker.pid}/ns/mnt", os.O_RDONLY)
    namespace(node).symlink_to(f"/proc/1/fd/{descriptor}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
