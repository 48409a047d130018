"""Lines into parts that a robot takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


def split(lines: Iterable[str], budget: int, weight: Callable[[str], int]) -> list[list[str]]:
    """As few parts as possible, in order, each of which weighs at most the budget.

    A line that is too heavy alone is cut between two characters, never within one.

    Args:
        budget: bytes; at least what any one character weighs.
        weight: bytes of a line with its end.
    """
    parts: list[list[str]] = []
    left = 0
    for line in lines:
        for piece in _pieces(line, budget, weight):
            needed = weight(piece)
            if not parts or needed > left:
                parts.append([])
                left = budget
            parts[-1].append(piece)
            left -= needed
    return parts


def _pieces(line: str, budget: int, weight: Callable[[str], int]) -> Iterator[str]:
    while weight(line) > budget:
        fits, exceeds = 1, len(line)
        while exceeds - fits > 1:
            middle = (fits + exceeds) // 2
            if weight(line[:middle]) <= budget:
                fits = middle
            else:
                exceeds = middle
        yield line[:fits]
        line = line[fits:]
    yield line
