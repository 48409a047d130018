"""Pages as files, so that every process of a measurement reads the same ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.pages.draw import Page

_INDEX = "pages.json"
_TYPES = {"png": "image/png", "jpeg": "image/jpeg"}


@dataclass(frozen=True)
class Sheet:
    """A page read back: its file, the Content-Type to send it with, and its text."""

    image: bytes
    content_type: str
    lines: tuple[str, ...]


def write(folder: Path, pages: Sequence[Page]) -> None:
    """One image file for each page, and `pages.json` with their text and attributes, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for number, page in enumerate(pages):
        name = f"{number:04}.{page.attributes.format}"
        (folder / name).write_bytes(page.image)
        index.append({"file": name, "lines": page.lines, "attributes": asdict(page.attributes)})
    (folder / _INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1), encoding="utf-8")


def read(folder: Path) -> list[Sheet]:
    """The pages that `write` wrote.

    Raises:
        FileNotFoundError: there are none.
    """
    index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    return [
        Sheet(
            (folder / entry["file"]).read_bytes(),
            _TYPES[entry["attributes"]["format"]],
            tuple(entry["lines"]),
        )
        for entry in index
    ]
