"""What versions read of pages whose text is known, as a table in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load.judge import similarity
from bench.pages.draw import Page, page
from bench.quality.served import reader, served

# Languages of pages; of those with both, every other line is Chinese.
_LANGUAGES = ("en", "zh", "both")


@dataclass(frozen=True)
class Accuracy:
    """What a version read of pages that lie one way. Shares go from 0 to 1.

    Attributes:
        turned: the pages are upside down.
        letters: read right, by language of the page.
        lines: read right from end to end, blanks aside.
        empty: pages of which it read nothing.
    """

    version: str
    turned: bool
    pages: int
    letters: Mapping[str, float]
    lines: float
    empty: float


@dataclass(frozen=True)
class Words:
    """The table in one language."""

    head: Sequence[str]
    turned: Mapping[bool, str]
    damaged: str


ENGLISH = Words(
    ("pages", "version", "English letters", "Chinese", "mixed", "lines", "nothing read"),
    {False: "upright", True: "upside down"},
    "damaged v1.2",
)
CHINESE = Words(
    ("页面", "版本", "英文字符", "中文字符", "混排字符", "整行", "什么也没读到"),
    {False: "正放", True: "倒放"},
    "损坏的 v1.2",
)


def measure(models: Mapping[str, Path], count: int, log: Callable[[str], None]) -> list[Accuracy]:
    """Each model on the same pages, upright and upside down.

    Args:
        models: directories by version.
        count: pages of each kind.
    """
    found = []
    for turned in (False, True):
        pages = [page(seed, turned) for seed in range(count)]
        for version, directory in models.items():
            log(f"{version} reads {count} pages, {ENGLISH.turned[turned]}")
            with served(directory) as service:
                found.append(accuracy(version, turned, pages, [*map(reader(service), pages)]))
    return found


def accuracy(
    version: str, turned: bool, pages: Sequence[Page], read: Sequence[tuple[str, ...]]
) -> Accuracy:
    """From the lines that were read of each page."""
    pairs = list(zip(pages, read, strict=True))
    letters = {
        language: statistics.fmean(
            similarity(lines, sheet.lines)
            for sheet, lines in pairs
            if sheet.attributes.language == language
        )
        for language in _LANGUAGES
    }
    lines = [
        _squeezed(line) in map(_squeezed, found) for sheet, found in pairs for line in sheet.lines
    ]
    empty = sum(not found for found in read) / len(read)
    return Accuracy(version, turned, len(pages), letters, statistics.fmean(lines), empty)


def table(found: Sequence[Accuracy], words: Words) -> str:
    """One line for each version and way."""
    rows = [words.head, ["---"] * len(words.head)]
    for one in found:
        version = words.damaged if one.version == "damaged" else one.version
        letters = [f"{one.letters[language]:.1%}" for language in _LANGUAGES]
        pages = f"{one.pages} {words.turned[one.turned]}"
        rows.append((pages, version, *letters, f"{one.lines:.1%}", f"{one.empty:.0%}"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _squeezed(line: str) -> str:
    return "".join(line.split())
