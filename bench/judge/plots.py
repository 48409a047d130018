"""A figure of what was found: how soon, how often wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.exact import interval
from bench.judge.judges import OURS
from bench.judge.limit import limit
from bench.judge.scenarios import SCRAPE, SCRAPES, Truth
from bench.judge.trials import Found, Result

# Colours that people with any kind of colour vision tell apart (Okabe & Ito, 2008), and shapes.
_MARKS = {
    OURS: ("#0072b2", "o"),
    "rule, 5 min for 5 min": ("#e69f00", "s"),
    "like Flagger": ("#009e73", "^"),
    "like Argo Rollouts": ("#cc79a7", "D"),
    "Mann-Whitney": ("#767676", "v"),
}
_HOUR = SCRAPE * SCRAPES / 60

Rows = Sequence[Result]


def plot(results: Rows, file: Path) -> None:
    """Write an SVG file with a panel for each kind of scenario."""
    kinds: list[Rows] = [_of(results, truth) for truth in ("fault", "sound", "bad")]
    heights = [len(rows) + 2 for rows in kinds]
    # Text stays text: it can be searched, and takes the reader's font.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "judge", "font.size": 9}):
        figure = Figure(figsize=(9, sum(heights) * 0.24), layout="constrained")
        panels: Sequence[Axes] = figure.subplots(3, 1, height_ratios=heights)
        _delays(panels[0], kinds[0])
        _mistakes(panels[1], kinds[1], "sound versions that are taken back, %", "rollback")
        _mistakes(panels[2], kinds[2], "bad versions that are promoted, %", "promote")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
        file.parent.mkdir(exist_ok=True)
        figure.savefig(file, metadata={"Date": None})


def _of(results: Rows, truth: Truth) -> Rows:
    return [each for each in results if each[0].truth == truth]


def _delays(panel: Axes, rows: Rows) -> None:
    limits = [(place, limit(scenario)) for place, (scenario, _) in enumerate(rows)]
    known = [(place, least / 60) for place, least in limits if least is not None]
    panel.scatter(
        [least for _, least in known],
        [place for place, _ in known],
        marker="|",
        color="black",
        s=90,
        label="the least that is possible",
    )
    _marked(panel, rows, _minutes)
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter("{x:g}")
    panel.axvline(_HOUR, color="#bbbbbb", linewidth=0.8)
    panel.set_title("minutes from fault to roll-back; on the line: missed within the hour", size=9)
    _name(panel, rows)


def _minutes(found: Found) -> float:
    """The mean; an hour where most traces had none."""
    delay = found.delay()
    most = found.count("rollback") - found.early() > len(found.outcomes) / 2
    return delay / 60 if delay is not None and most else _HOUR


def _mistakes(panel: Axes, rows: Rows, title: str, decision: str) -> None:
    _marked(panel, rows, lambda found: 100 * found.count(decision) / len(found.outcomes))
    for place, (_, found) in enumerate(rows):
        ours = found[OURS]
        bounds = interval(ours.count(decision), len(ours.outcomes))
        panel.plot([100 * each for each in bounds], [place, place], color=_MARKS[OURS][0])
    panel.set_xscale("symlog", linthresh=1)
    panel.xaxis.set_major_formatter("{x:g}")
    panel.set_xlim(-0.1, 130)
    panel.axvline(1, color="#bbbbbb", linewidth=0.8)
    panel.set_title(f"{title}; on the line: 1%; bars: 95% bounds of ours", size=9)
    _name(panel, rows)


def _marked(panel: Axes, rows: Rows, shown: Callable[[Found], float]) -> None:
    for name, (colour, shape) in _MARKS.items():
        panel.scatter(
            [shown(found[name]) for _, found in rows],
            range(len(rows)),
            color=colour,
            marker=shape,
            s=22,
            label=name,
            zorder=3 if name == OURS else 2,
        )


def _name(panel: Axes, rows: Rows) -> None:
    panel.set_yticks(range(len(rows)), [scenario.name for scenario, _ in rows])
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.grid(axis="y", color="#eeeeee", zorder=0)
