"""What the demo found, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_HEAD = ("step", "weight", "sent", "failed", "measured", "seconds")


@dataclass(frozen=True)
class Row:
    """One step: requests sent and failed from its first command to its end, and its seconds.

    `weight` is the canary's in percent as configured, `share` what it got once that was live; None
    where the step is not about a share.
    """

    step: str
    weight: float | None
    sent: int
    failed: int
    share: float | None
    seconds: float


def render(rows: Sequence[Row]) -> str:
    """The rows and their sum, in columns."""
    total = Row(
        "in all",
        None,
        sum(row.sent for row in rows),
        sum(row.failed for row in rows),
        None,
        sum(row.seconds for row in rows),
    )
    cells = [_HEAD, *(_cells(row) for row in [*rows, total])]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.step,
        "" if row.weight is None else f"{row.weight:g}%",
        str(row.sent),
        str(row.failed),
        "" if row.share is None else f"{row.share:.2f}%",
        f"{row.seconds:.1f}",
    )
