"""What a pull request shows: a preview of every committed stack file, with nothing applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.stacks import Platform, Stack


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_preview_of_a_committed_stack_plans_everything_and_changes_nothing(
    platform: Platform, tmp_path: Path, name: str
) -> None:
    stack = Stack.create(platform, name, tmp_path / "checkout", tmp_path / "backend")
    checkout, cluster = _contents(stack.directory), _owned(platform)

    init = stack.pulumi("stack", "init")
    preview = stack.pulumi("preview")

    assert init.status == 0, init.text
    assert preview.status == 0, preview.text
    assert "Ingress" in preview.text or "HTTPRoute" in preview.text
    assert _contents(stack.directory) == checkout
    assert _owned(platform) == cluster


def _contents(directory: Path) -> dict[Path, bytes]:
    """All files but Python's own memory of the program."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.parent.name != "__pycache__"}


def _owned(platform: Platform) -> str:
    """Namespaces, and what pools put on nodes: their heartbeats are left out."""
    nodes = 'jsonpath={range .items[*]}{.metadata.labels}{.spec.taints}{"\\n"}{end}'
    return platform.kubectl("get", "namespaces", "-o", "name") + platform.kubectl(
        "get", "nodes", "-o", nodes
    )
