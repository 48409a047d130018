"""Measured seconds as a table of medians and ranges."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class Sample:
    """Measured seconds of a stack of `models` models, `resources` resources."""

    models: int
    resources: int
    up: list[float] = field(default_factory=list)
    no_op: list[float] = field(default_factory=list)
    annotate: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)


_HEAD = (
    *("models", "resources", "pulumi up", "no-op up", "kubectl annotate", "ratio"),
    *("first canary", "exact split"),
)


def render(samples: Iterable[Sample]) -> str:
    """One line for each sample, in columns."""
    return columns([_HEAD, *(_cells(sample) for sample in samples)])


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells below each other, to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    )


def spread(seconds: Sequence[float]) -> str:
    """Median, lowest and highest: `0.14 (0.12 to 0.31)`."""
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


def _cells(sample: Sample) -> tuple[str, ...]:
    ratio = statistics.median(sample.up) / statistics.median(sample.annotate)
    return (
        str(sample.models),
        str(sample.resources),
        spread(sample.up),
        spread(sample.no_op),
        spread(sample.annotate),
        f"{ratio:.0f}",
        spread(sample.first),
        spread(sample.exact),
    )
