"""Whatever happens to a stack file: it is read, or refused by the designed errors."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from functools import partial

import pytest
import yaml

from infra.config import ConfigErrors, StackConfig, parse
from infra.config.stack_file import load
from tests.unit.config.edits import GOOD, STACKS

FILES = [file.read_bytes() for file in (*GOOD, *STACKS)]
TREES = [yaml.safe_load(file)["config"] for file in FILES]
ODD_VALUES: list[object] = [
    None, True, False, 0, -1, 5, 101, 10**400, 2.5, float("nan"), float("inf"),
    "", " ", "0", "v1.1", "v9", "gpu-stable", "ocr", "ocr-v1", "/", "/ocr", "a" * 5000,
    "\x00", "\ud800", "[key]", "$ref", [], {}, [None], [[1]], ["node-1"] * 2,
    {"": {}}, {"[key]": 1}, {"secure": "x"}, {"secure": 5},
]  # fmt: skip
ODD_TEXTS = [
    b"", b" ", b"\t", b"\n", b": ", b"- ", b"*a", b"&a ", b"<<: *a", b"? ", b"| ",
    b"---\n", b"...\n",
    b"!!int ", b"!!float ", b"!!bool ", b"!!map ", b"!!python/name:os.system ", b"%YAML 9\n",
    b"{", b"}", b"[", b"]", b"'", b'"', b"#", b"\x00", b"\xff", b"\xef\xbb\xbf", b"0x", b"0o9",
    b"1:30", b"1_0", b".nan", b"-.inf", b"1e999", b"~", b"on", b"1.1", b"2026-11-23", b"2026-99-99",
    b"secure: x",
]  # fmt: skip


def survives(read: Callable[[], StackConfig]) -> None:
    """Call a reader; each problem of a refusal must have a finding and a remedy."""
    try:
        assert isinstance(read(), StackConfig)
    except ConfigErrors as errors:
        assert errors.problems
        assert all(each.found and each.write for each in errors.problems)
        str(errors).encode(errors="surrogatepass")


def places(node: object) -> list[tuple[dict[object, object] | list[object], object]]:
    """Give each container of a tree with each of its keys or positions."""
    if not isinstance(node, dict | list):
        return []
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    below = [place for key in keys for place in places(node[key])]
    return [(node, key) for key in keys] + below


def spoil_tree(tree: object, chance: random.Random) -> None:
    """Delete, replace, rename or copy a random value."""
    found = places(tree)
    if not found:
        return
    node, key = chance.choice(found)
    other, other_key = chance.choice(found)
    match chance.randrange(4):
        case 0:
            del node[key]  # type: ignore[arg-type]
        case 1:
            node[key] = copy.deepcopy(chance.choice(ODD_VALUES))  # type: ignore[call-overload]
        case 2 if isinstance(node, dict):
            node[chance.choice(["x", "v 1", "", "host", "[key]", str(other_key)])] = node.pop(key)
        case _:
            node[key] = copy.deepcopy(other[other_key])  # type: ignore[call-overload]


def spoil_text(content: bytes, chance: random.Random) -> bytes:
    """Cut, insert, repeat or swap random bytes, words or lines."""
    parts = chance.choice([rb"(\n)", rb"(\s+)", rb"([,:{}\[\]]\s*)", rb"()"])
    pieces = re.split(parts, content)
    at, to = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    match chance.randrange(4):
        case 0:
            del pieces[at]
        case 1:
            pieces.insert(at, chance.choice(ODD_TEXTS))
        case 2:
            pieces.insert(to, pieces[at])
        case _:
            pieces[at] = chance.choice(ODD_TEXTS)
    return b"".join(pieces)


@pytest.mark.parametrize("seed", range(10))
def test_spoilt_values_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(400):
        tree = copy.deepcopy(chance.choice(TREES))
        for _ in range(chance.randint(1, 4)):
            spoil_tree(tree, chance)
        ours = {str(key).removeprefix("paddle-canary:"): value for key, value in tree.items()}
        survives(partial(parse, ours))


@pytest.mark.parametrize("seed", range(10))
def test_spoilt_files_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(200):
        content = chance.choice(FILES)
        for _ in range(chance.randint(1, 4)):
            content = spoil_text(content, chance)
        survives(partial(load, content))
