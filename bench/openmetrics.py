"""Series in memory to blocks of a TSDB, by promtool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.prometheus import promtool

BLOCK_SECONDS = 18 * 3600
"""Length of a block. It begins at a multiple of it, in Unix time."""

Floats = NDArray[np.float64]


def series(metric: str, labels: Mapping[str, str]) -> str:
    """`metric{label="value"}`."""
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{inside}}}"


def blocks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Unix times of the blocks that a time falls into: where each begins, and its end."""
    while start < end:
        cut = min(end, (start // BLOCK_SECONDS + 1) * BLOCK_SECONDS)
        yield start, cut
        start = cut


def write_block(samples: Iterable[tuple[str, Floats, Floats]], data: Path) -> int:
    """Write one block into a data directory; give the number of samples.

    promtool reads a file once for each block that it makes: a file a block is fastest.

    Args:
        samples: series, values (NaN where there is none) and Unix times, all within one block.
    """
    file = data.parent / "block.om"
    written = 0
    with file.open("w") as out:
        for name, values, times in samples:
            known = ~np.isnan(values)
            pairs = zip(values[known].tolist(), times[known].tolist(), strict=True)
            out.writelines(f"{name} {value:.12g} {time:.0f}\n" for value, time in pairs)
            written += int(known.sum())
        out.write("# EOF\n")
    length = f"--max-block-duration={BLOCK_SECONDS}s"
    promtool("tsdb", "create-blocks-from", "openmetrics", "--quiet", length, file, data)
    file.unlink()
    return written
