"""What nodes are told."""

from __future__ import annotations

from pathlib import Path

from local import images
from local.cluster.layout import Layout
from local.cluster.node import PAUSE_IMAGE, node_processes


def test_nodes_use_the_pause_image_that_is_built() -> None:
    assert PAUSE_IMAGE == images.PAUSE


def test_every_process_of_a_node_is_started_inside_its_namespaces() -> None:
    layout = Layout("demo")
    for node in layout.nodes:
        for process in node_processes(layout, node, Path("/tools")):
            assert process.name.startswith(node.name)
            assert process.command[:2] == ["nsenter", f"--net=/run/netns/{node.name}"]
            assert process.command[2] == f"--mount=/run/nodes/{node.name}"
