"""A dashboard under construction: variables, links, annotations, and rows of panels."""

from __future__ import annotations

import json
from typing import Any, Self

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from monitoring.dashboards.panels import DATASOURCE, Panel

TAG = "paddle-canary"


class Board:
    """One dashboard.

    Args:
        uid: by which links find it, whatever its title is.
        interval: seconds between scrapes; `$__rate_interval` is four of them or more.
    """

    def __init__(self, uid: str, title: str, description: str, interval: float) -> None:
        self._interval = f"{interval:g}s"
        self._builder = (
            builders.Dashboard(title)
            .uid(uid)
            .description(description)
            .tags([TAG])
            .readonly()
            .refresh("30s")
            .time("now-3h", "now")
            .timezone("browser")
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .with_variable(builders.DatasourceVariable("datasource").type("prometheus"))
            .link(
                builders.DashboardLink("paddle-canary")
                .type(DashboardLinkType.DASHBOARDS)
                .tags([TAG])
                .include_vars(True)
                .keep_time(True)
            )
        )

    def variable(
        self,
        name: str,
        label: str,
        query: str,
        *,
        first: str | None = None,
        several: bool = False,
    ) -> Self:
        """Something to choose on the dashboard.

        Args:
            query: such as `label_values(metric, label)`.
            first: the choice before anybody chose. Default: the first there is, or all.
            several: more than one can be chosen, and all are at first.
        """
        variable = (
            builders.QueryVariable(name)
            .label(label)
            .query(query)
            .datasource(DATASOURCE)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(VariableSort.NATURAL_ASC)
            .multi(several)
            .include_all(several)
        )
        if several:
            variable.current(VariableOption(selected=True, text=["All"], value=["$__all"]))
        elif first is not None:
            variable.current(VariableOption(selected=True, text=first, value=first))
        self._builder.with_variable(variable)
        return self

    def events(self, name: str, color: str, expr: str, title: str, text: str) -> Self:
        """Marks on every graph at the moments at which `expr` has samples.

        Args:
            title, text: templates, where `{{label}}` is a label of the sample.
        """
        self._builder.annotation(
            builders.AnnotationQuery()
            .name(name)
            .datasource(DATASOURCE)
            .icon_color(color)
            .expr(expr)
            .target(prometheus.Dataquery().ref_id("A").expr(expr).interval("1m").range())
            .step("1m")
            .title_format(title)
            .text_format(text)
            .enable(True)
        )
        return self

    def row(self, title: str, *panels: Panel) -> Self:
        """A heading, and panels from left to right, then downwards."""
        self._builder.with_row(builders.Row(title))
        for panel in panels:
            self._builder.with_panel(panel)
        return self

    def json(self) -> dict[str, Any]:
        """The dashboard as Grafana takes it."""
        built: dict[str, Any] = json.loads(json.dumps(self._builder.build(), cls=JSONEncoder))
        for link in built["links"]:
            # The builder hides links in a menu.
            del link["placement"]
        for number, panel in enumerate(built["panels"], start=1):
            panel["id"] = number
            for target in panel.get("targets", ()):
                target["interval"] = self._interval
        return built
