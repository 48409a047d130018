"""Starts, fills and ends an instance, seen from the machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.cache import locked
from local.cluster import cgroups, image_store, node
from local.cluster.api import Api
from local.cluster.layout import GPU_RESOURCE, NODES, Layout
from local.cluster.objects import platform_objects
from local.cluster.record import Record, running

Log = Callable[[str], None]

_FIRST_PROCESS_SECONDS = 20
_REPOSITORY = Path(__file__).parents[2]


class InstanceError(Exception):
    """The instance did not get ready; the message says what to look at."""


def start(layout: Layout, tools: dict[str, Path], log: Log) -> Record:
    """The running instance, started if it was not."""
    found = running(layout)
    if found:
        return found
    layout.run.mkdir(parents=True, exist_ok=True)
    layout.logs.mkdir(parents=True, exist_ok=True)
    sockets = [_listen(what, port) for what, port in layout.ports.items()]
    log(f"cluster: starting instance {layout.name}")
    directories = json.dumps({name: str(path) for name, path in tools.items()})
    descriptors = [listening.fileno() for listening in sockets]
    with (layout.logs / "instance.log").open("ab") as output:
        subprocess.run(
            # --kill-child: should the waiting parent be killed, the instance goes with it.
            ["setsid", "--fork", "unshare", "--fork", "--kill-child", "--pid", "--mount", "--net"]
            + [sys.executable, "-m", "local.cluster.init", layout.name, directories]
            + [str(descriptor) for descriptor in descriptors],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(_REPOSITORY),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=descriptors,
            cwd="/",
            check=True,
        )
    for listening in sockets:
        listening.close()
    deadline = time.monotonic() + _FIRST_PROCESS_SECONDS
    while time.monotonic() < deadline:
        if record := running(layout):
            return record
        time.sleep(0.05)
    raise InstanceError(f"the instance did not start; see {layout.logs / 'instance.log'}")


def add_platform_objects(layout: Layout, kubectl: Path, definitions: Path) -> None:
    """Gateway API types from `definitions` (a directory), then the classes and the Gateway."""
    # Server-side: some definitions are too long for the annotation of a client-side apply.
    apply = [str(kubectl), f"--kubeconfig={layout.kubeconfig}", "apply", "--server-side"]
    _run([*apply, "-f", str(definitions)])
    objects = {"apiVersion": "v1", "kind": "List", "items": platform_objects()}
    wait_for(
        "the Gateway API",
        lambda: Api.published(layout).served("/apis/gateway.networking.k8s.io/v1/gateways"),
        layout,
        30,
    )
    _run([*apply, "-f", "-"], json.dumps(objects))


def give_images(layout: Layout, images: Mapping[str, Path], log: Log) -> None:
    """Unpacked images to the nodes that never ran."""
    store = image_store.prepare(images, log)
    for name in NODES:
        target = layout.node_directory(name) / "lib/containerd"
        if not target.exists():
            for image, archive in images.items():
                _remember(layout, name, image, archive)
            image_store.give(store, target)


def import_images(layout: Layout, record: Record, images: Mapping[str, Path], log: Log) -> None:
    """Images that were built anew, by name, into the containerd of nodes that run already."""
    for name in NODES:
        enter = ["nsenter", f"--target={record.pid}", "--mount", "--pid", *node.enter(name)]
        for image, archive in images.items():
            marker = _marker(layout, name, image)
            known = marker.read_text() if marker.exists() else ""
            if known != image_store.fingerprint(archive):
                log(f"cluster: {image} to {name}")
                _run([*enter, "ctr", "-n", "k8s.io", "images", "import", str(archive)])
                _remember(layout, name, image, archive)


def _remember(layout: Layout, node_name: str, image: str, archive: Path) -> None:
    marker = _marker(layout, node_name, image)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(image_store.fingerprint(archive))


def _marker(layout: Layout, node_name: str, image: str) -> Path:
    return layout.node_directory(node_name) / "images" / image.replace("/", "_")


def dns_answers(record: Record) -> bool:
    """Whether pods can resolve Services."""
    inside = ["nsenter", f"--target={record.pid}", "--net", "--"]
    asking = [*inside, sys.executable, "-m", "local.cluster.dns"]
    return subprocess.run(asking, cwd=_REPOSITORY, check=False).returncode == 0


def ready_nodes(layout: Layout) -> list[str]:
    """Names of the nodes that are Ready and advertise their accelerators."""
    nodes = Api.published(layout).get("/api/v1/nodes")["items"]
    return [node["metadata"]["name"] for node in nodes if _ready(node["status"])]


def _ready(status: dict[str, Any]) -> bool:
    conditions = {condition["type"]: condition["status"] for condition in status["conditions"]}
    return conditions.get("Ready") == "True" and GPU_RESOURCE in status.get("allocatable", {})


def stop(layout: Layout) -> None:
    """End the instance and remove all that it had, in whatever state it is."""
    with locked(layout.run / "operation"):
        record = running(layout)
        if record:
            record.kill()
        cgroups.remove(layout)
        # All at once: an instance that starts on half of its directory fails in odd ways.
        removed = layout.state.with_name(f".{layout.name}")
        shutil.rmtree(removed, ignore_errors=True)
        if layout.state.exists():
            layout.state.rename(removed)
            shutil.rmtree(removed, ignore_errors=True)
        shutil.rmtree(layout.run)
    for parent in (layout.state.parent, layout.run.parent):
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def wait_for(what: str, condition: Callable[[], bool], layout: Layout, seconds: float) -> None:
    """Raises InstanceError when `condition` stays false, at once when the instance has ended."""
    deadline = time.monotonic() + seconds
    while not condition():
        if not running(layout):
            raise InstanceError(f"the instance has ended; see {layout.logs / 'instance.log'}")
        if time.monotonic() > deadline:
            raise InstanceError(
                f"{what}: not there after {seconds:.0f} s; the logs are in {layout.logs}"
            )
        time.sleep(0.2)


def _listen(what: str, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as problem:
        raise InstanceError(
            f"port {port} ({what}): {problem.strerror}; end what listens there or choose another"
            " instance with --name"
        ) from problem
    listening.listen(1024)
    return listening


def _run(command: list[str], stdin: str | None = None) -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InstanceError(f"`{' '.join(command)}` failed:\n{done.stderr.strip()}")
