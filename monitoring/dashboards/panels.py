"""The kinds of panel, drawn alike on every dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal, TypeVar

from grafana_foundation_sdk.builders import common, heatmap, prometheus, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard, units
from grafana_foundation_sdk.models.common import (
    DataSourceRef,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Panel = Builder[dashboard.Panel]
T = TypeVar("T")

# A variable, so that whoever has several Prometheus servers picks one on the dashboard.
DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24
HEIGHT = 8
_DASHES = {"dash": [10, 10], "dot": [2, 6]}


@dataclass(frozen=True)
class Query:
    """A PromQL expression and the name of its series.

    style: `limit` is for what others are compared with, such as an objective: dashed and red.
    """

    expr: str
    legend: str
    style: Literal["solid", "dash", "dot", "limit"] = "solid"


def lines(
    title: str,
    description: str,
    unit: str,
    queries: Sequence[Query],
    *,
    width: int = WIDTH // 2,
    stacked: bool = False,
    top: float | None = None,
    repeat: str | None = None,
) -> Panel:
    """Values over time.

    Args:
        stacked: the series add up to a whole that means something.
        top: the largest value there can be.
        repeat: variable for each of whose values there is such a panel.
    """
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .unit(unit)
        .datasource(DATASOURCE)
        .height(HEIGHT)
        .span(width)
        .min(0)
        .draw_style(GraphDrawStyle.LINE)
        .line_width(2)
        .fill_opacity(25 if stacked else 0)
        .show_points(VisibilityMode.NEVER)
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(
            common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
        .targets([_target(query, ref) for ref, query in lettered(queries)])
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if top is not None:
        panel.max(top)
    if repeat is not None:
        panel.repeat(repeat).repeat_direction("h").max_per_row(3)
    for ref, query in lettered(queries):
        if query.style != "solid":
            panel.override_by_query(ref, _drawn(query.style))
    return panel


def buckets(title: str, description: str, query: Query, *, repeat: str) -> Panel:
    """A heat map of a histogram's rates, whose series carry the label `le`, in seconds."""
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .unit(units.RequestsPerSecond)
        .datasource(DATASOURCE)
        .height(HEIGHT)
        .span(WIDTH)
        .repeat(repeat)
        .repeat_direction("h")
        .max_per_row(2)
        .calculate(False)
        .cell_gap(1)
        .color(
            # The builder's defaults are no colours at all.
            heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scheme("Oranges")
            .steps(64)
            .exponent(0.5)
            .fill("dark-orange")
        )
        .cell_values(heatmap.CellValues().unit(units.RequestsPerSecond))
        .y_axis(heatmap.YAxisConfig().unit(units.Seconds))
        .targets([_target(query, "A").format(PromQueryFormat.HEATMAP)])
    )


def lettered(items: Sequence[T]) -> Iterator[tuple[str, T]]:
    """The items with the letters by which Grafana tells queries of a panel apart."""
    return zip(ascii_uppercase[: len(items)], items, strict=True)


def _drawn(style: Literal["dash", "dot", "limit"]) -> list[DynamicConfigValue]:
    fill = "dot" if style == "dot" else "dash"
    line = DynamicConfigValue("custom.lineStyle", {"fill": fill, "dash": _DASHES[fill]})
    if style != "limit":
        return [line]
    return [line, DynamicConfigValue("color", {"mode": "fixed", "fixedColor": "red"})]


def _target(query: Query, ref: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .ref_id(ref)
        .datasource(DATASOURCE)
        .expr(query.expr)
        .legend_format(query.legend)
        .range()
    )
