"""What is wrong with a configuration: one `Problem` for each place, raised all together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the configuration, e.g. ("models", "ocr", "host")."""

_PLAIN_KEY = re.compile(r"[^\s.\[\]\"'\\]+")


def show_path(path: Path) -> str:
    """Write a path as `pulumi config set --path` takes it: `models.ocr.canary["v1.2"]`."""
    shown = ""
    for key in path:
        if isinstance(key, int):
            shown += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key):
            shown += f".{key}" if shown else key
        else:
            shown += f"[{json.dumps(key, ensure_ascii=False)}]"
    return shown


def prefixes(path: Path) -> set[Path]:
    """Give the path itself and every path above it."""
    return {path[:length] for length in range(len(path) + 1)}


@dataclass(frozen=True)
class Problem:
    """One refused value.

    path: where it stands; empty for the file as a whole.
    found: what stands there, never a secret.
    write: what to write instead.
    line: line of the stack file, counted from 1; None when the values came from the engine.
    """

    path: Path
    found: str
    write: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{show_path(self.path)}: " if self.path else ""
        return f"{where}found {self.found}; write {self.write}"


class ConfigErrors(ValueError):
    """Everything that is wrong with a configuration, sorted by path; `str()` has a line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda each: (show_path(each.path), str(each)))
        super().__init__("\n".join(map(str, self.problems)))
