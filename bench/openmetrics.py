"""Series in memory to blocks of a TSDB, by promtool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.prometheus import promtool

BLOCK_SECONDS = 7200
"""promtool reads a file once for each block of two hours in it: one file a block is fastest."""

Floats = NDArray[np.float64]


def series(metric: str, labels: Mapping[str, str]) -> str:
    """`metric{label="value"}`."""
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{inside}}}"


def write_block(samples: Iterable[tuple[str, Floats, Floats]], data: Path) -> int:
    """Write one block into a data directory; give the number of samples.

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
    promtool("tsdb", "create-blocks-from", "openmetrics", "--quiet", file, data)
    file.unlink()
    return written
