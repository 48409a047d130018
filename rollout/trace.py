"""Recorded counters as CSV, row by row, with an error that names the line for whatever is wrong."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TypeGuard

from rollout.judge.samples import ARMS, Arm, Sample, pod_tallies

_NEEDED = ("t", "arm", "requests", "errors")
_BUCKET, _QUALITY = "le_", "bad_"
_LARGEST = 2**53
"""Above it, a double no longer holds every whole number."""


class BadTrace(ValueError):
    """The file is no trace; `str()` has the line (from 1), what was found and what to write."""

    def __init__(self, line: int, found: str, write: str) -> None:
        super().__init__(f"line {line}: found {found}; write {write}")


@dataclass(frozen=True)
class Scrape:
    """All rows of one moment: at most one of each arm. `share` is 0 to 1, None if not said."""

    t: float
    samples: tuple[Sample, ...]
    share: float | None


@dataclass(frozen=True)
class _Row:
    line: int
    t: float
    arm: Arm
    sample: Sample
    share: float | None


def read_trace(lines: Iterable[str]) -> list[Scrape]:
    """The scrapes of a trace by time, in whatever order its rows are.

    Raises BadTrace.
    """
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        columns = _Columns(header)
        rows = [columns.row(reader.line_num, cells) for cells in reader if any(cells)]
    except csv.Error as error:
        raise BadTrace(reader.line_num, str(error), "plain CSV, comma between cells") from None
    except UnicodeDecodeError:
        raise BadTrace(reader.line_num + 1, "bytes that are no UTF-8", "UTF-8 text") from None
    rows.sort(key=lambda row: row.t)
    _check_once(rows)
    # 5 is a weight in percent, 0.05 a share; nothing but a weight is above 1.
    unit = 100 if any(row.share is not None and row.share > 1 for row in rows) else 1
    return [_scrape(t, list(group), unit) for t, group in groupby(rows, key=lambda row: row.t)]


def _scrape(t: float, rows: list[_Row], unit: int) -> Scrape:
    shares = [row.share / unit for row in rows if row.share is not None]
    return Scrape(t, tuple(row.sample for row in rows), shares[-1] if shares else None)


def _check_once(rows: list[_Row]) -> None:
    lines: dict[tuple[float, Arm], int] = {}
    for row in rows:
        first = lines.setdefault((row.t, row.arm), row.line)
        if first != row.line:
            raise BadTrace(
                max(first, row.line),
                f"another row of {row.arm} at t {row.t:g}, as in line {min(first, row.line)}",
                "one row for each arm and time",
            )


class _Columns:
    """What each column is, from the header."""

    def __init__(self, header: list[str]) -> None:
        if header and header[0].startswith("\ufeff"):
            header[0] = header[0].removeprefix("\ufeff")
        for name in _NEEDED:
            if name not in header:
                raise BadTrace(1, f"no column {name}", f"a header with {', '.join(_NEEDED)}")
        for name in header:
            if header.count(name) > 1:
                raise BadTrace(1, f"two columns {name}", "each column once")
        self._header = header
        self._bounds: dict[str, float] = {}
        self._signals: list[str] = []
        for name in header:
            self._know(name)
        self._by_bound = sorted(self._bounds, key=self._bounds.__getitem__)

    def _know(self, name: str) -> None:
        if name.startswith(_BUCKET):
            self._bounds[name] = _bound(name)
        elif name.startswith(_QUALITY) and name != _QUALITY:
            self._signals.append(name)
        elif name not in (*_NEEDED, "share"):
            raise BadTrace(
                1, f"the column {name!r}", "t, arm, requests, errors, share, le_<s>, bad_<signal>"
            )

    def row(self, line: int, cells: list[str]) -> _Row:
        if len(cells) != len(self._header):
            raise BadTrace(line, f"{len(cells)} cells", f"{len(self._header)}, as the header has")
        values = dict(zip(self._header, (cell.strip() for cell in cells), strict=True))
        arm = values["arm"]
        if not _is_arm(arm):
            raise BadTrace(line, f"arm {arm!r}", "stable or canary")
        t = _number(line, "t", values["t"])
        counts = {
            name: _count(line, name, values[name])
            for name in ("requests", "errors", *self._bounds, *self._signals)
        }
        self._check(line, counts)
        share = values.get("share") or None
        return _Row(line, t, arm, self._sample(t, arm, counts), _share(line, share))

    def _check(self, line: int, counts: Mapping[str, int]) -> None:
        for name in ("errors", *self._signals):
            if counts[name] > counts["requests"]:
                raise BadTrace(
                    line, f"{name} {counts[name]} of {counts['requests']} requests", "no more"
                )
        for low, high in pairwise(self._by_bound):
            if counts[low] > counts[high]:
                raise BadTrace(
                    line,
                    f"{low} {counts[low]} above {high} {counts[high]}",
                    "cumulative counts, which grow with the bound",
                )

    def _sample(self, t: float, arm: Arm, counts: Mapping[str, int]) -> Sample:
        finite = {
            name.removeprefix(_BUCKET): counts[name]
            for name in self._by_bound
            if self._bounds[name] < math.inf
        }
        whole = [counts[name] for name, bound in self._bounds.items() if bound == math.inf]
        bad = {name.removeprefix(_QUALITY): counts[name] for name in self._signals}
        tallies = pod_tallies(
            counts["requests"], counts["errors"], finite, bad, whole[0] if whole else None
        )
        return Sample(arm, arm, t, tallies)


def _is_arm(text: str) -> TypeGuard[Arm]:
    return text in ARMS


def _bound(name: str) -> float:
    text = name.removeprefix(_BUCKET)
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if not bound > 0:
        raise BadTrace(1, f"the column {name!r}", "le_ and a bound in seconds, such as le_0.5")
    return bound


def _number(line: int, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadTrace(line, f"{name} {text!r}", "a number")
    return number


def _count(line: int, name: str, text: str) -> int:
    number = _number(line, name, text)
    if number < 0 or number != int(number) or number > _LARGEST:
        raise BadTrace(line, f"{name} {text}", "a raw counter: a whole number from 0")
    return int(number)


def _share(line: int, text: str | None) -> float | None:
    if text is None:
        return None
    share = _number(line, "share", text)
    if not 0 <= share <= 100:
        raise BadTrace(line, f"share {text}", "a share from 0 to 1, or a weight up to 100")
    return share
