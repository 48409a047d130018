"""Tables: one instant query a column, joined on the labels of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import prometheus, table
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from monitoring.dashboards.panels import DATASOURCE, HEIGHT, WIDTH, Panel, lettered


@dataclass(frozen=True)
class Column:
    """A column of values.

    expr: a PromQL expression; of several samples for a row the largest is shown.
    alarm: from here on the cell is red.
    """

    title: str
    expr: str
    unit: str
    alarm: float | None = None


def rows(
    title: str,
    description: str,
    labels: Mapping[str, str],
    columns: Sequence[Column],
    *,
    link: str | None = None,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Panel:
    """A table with a row for each set of labels.

    Args:
        labels: titles of the labels that are shown, in their order, ahead of the values.
        link: where a click on the first label leads; `${__data.fields.<label>}` is a label.
    """
    # Grafana names the only value of a table `Value`, and several by their query.
    only = len(columns) == 1
    values = {
        "Value" if only else f"Value #{letter}": column for letter, column in lettered(columns)
    }
    names = {**labels, **{name: column.title for name, column in values.items()}}
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .unit("none")
        .datasource(DATASOURCE)
        .height(height)
        .span(width)
        .no_value("-")
        .targets([_target(column, letter, labels) for letter, column in lettered(columns)])
        .with_transformation(dashboard.DataTransformerConfig("merge", options={}))
        .with_transformation(
            dashboard.DataTransformerConfig(
                "organize",
                options={
                    "excludeByName": {"Time": True},
                    "indexByName": {name: place for place, name in enumerate(names)},
                    "renameByName": names,
                },
            )
        )
    )
    for column in columns:
        panel.override_by_name(column.title, _drawn(column))
    if link is not None:
        first = next(iter(labels.values()))
        links = [{"title": title, "url": link}]
        panel.override_by_name(first, [DynamicConfigValue("links", links)])
    return panel


def _drawn(column: Column) -> list[DynamicConfigValue]:
    unit = DynamicConfigValue("unit", column.unit)
    if column.alarm is None:
        return [unit]
    steps = [{"color": "transparent", "value": None}, {"color": "red", "value": column.alarm}]
    return [
        unit,
        DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}),
        DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
    ]


def _target(column: Column, letter: str, labels: Mapping[str, str]) -> prometheus.Dataquery:
    # Grafana joins on all labels that two answers share: one more, such as the name of a series,
    # would give each column rows of its own.
    expr = f"max by ({', '.join(labels)}) ({column.expr})"
    return (
        prometheus.Dataquery()
        .ref_id(letter)
        .datasource(DATASOURCE)
        .expr(expr)
        .format(PromQueryFormat.TABLE)
        .instant()
    )
