"""What names a built tool, and how long the rest may take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local import toolset
from local.toolchain import content_hash, seconds_left
from local.toolset import Tool, wanted_tools

GO = "go version go1.26.8 linux/amd64"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    monkeypatch.setattr(toolset, "MODULES", tmp_path)
    tool = Tool("some", 10)
    tool.directory.mkdir()
    (tool.directory / "go.mod").write_text("module some")
    (tool.directory / "go.sum").write_text("")
    return tool


def test_the_hash_stays_while_nothing_changes(tool: Tool) -> None:
    assert content_hash(tool, GO) == content_hash(tool, GO)


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_the_hash_follows_every_source_file(tool: Tool, name: str) -> None:
    before = content_hash(tool, GO)
    (tool.directory / name).write_text("something else")

    assert content_hash(tool, GO) != before


def test_the_hash_follows_build_flags_and_the_compiler(tool: Tool) -> None:
    hashes = {
        content_hash(tool, GO),
        content_hash(replace(tool, ldflags="-s"), GO),
        content_hash(replace(tool, tags=("some",)), GO),
        content_hash(tool, GO.replace("1.26.8", "1.26.9")),
    }

    assert len(hashes) == 4


def test_text_that_moves_from_one_file_to_the_next_changes_the_hash(tool: Tool) -> None:
    before = content_hash(tool, GO)
    (tool.directory / "go.mod").write_text("")
    (tool.directory / "go.sum").write_text("module some")

    assert content_hash(tool, GO) != before


def test_the_time_left_is_all_of_it_before_anything_is_built() -> None:
    assert seconds_left({"a": 300, "b": 100}, set(), 0) == 400


def test_the_time_left_follows_the_pace_so_far() -> None:
    assert seconds_left({"a": 300, "b": 100}, {"a"}, 600) == 200


def test_the_time_left_is_never_negative() -> None:
    assert seconds_left({"a": 10}, set(), 60) == 0


def test_an_installed_pulumi_is_used_instead_of_ours() -> None:
    assert wanted_tools(own_cluster=True, which=lambda _: "/usr/bin/pulumi") == toolset.CLUSTER
    assert wanted_tools(own_cluster=False, which=lambda _: "/usr/bin/pulumi") == ()


def test_without_pulumi_the_engine_is_built_even_for_an_existing_cluster() -> None:
    assert wanted_tools(own_cluster=False, which=lambda _: None) == toolset.ENGINE


@pytest.mark.parametrize("name", sorted(toolset.TOOLS))
def test_every_tool_is_pinned_by_checksums(name: str) -> None:
    directory = toolset.TOOLS[name].directory

    assert (directory / "go.mod").is_file()
    assert (directory / "go.sum").stat().st_size > 0


def test_a_new_measurement_of_the_build_is_no_new_build(tool: Tool) -> None:
    assert content_hash(replace(tool, seconds=99), GO) == content_hash(tool, GO)
