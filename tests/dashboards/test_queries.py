"""Every query of every dashboard is asked of a real Prometheus, and has an answer."""

from __future__ import annotations

import pytest

from tests.dashboards.boards import BOARDS, CHOSEN, asked, filled, panels
from tests.dashboards.prometheus import Prometheus
from tests.dashboards.series import HOUR


@pytest.mark.parametrize("uid", BOARDS)
def test_every_query_returns_data(prometheus: Prometheus, uid: str) -> None:
    silent = [
        query
        for query in asked(BOARDS[uid])
        if not (
            prometheus.now(query.expr)
            if query.now
            else prometheus.lately(query.expr, seconds=HOUR, step=60)
        )
    ]
    assert silent == []


@pytest.mark.parametrize("uid", BOARDS)
def test_every_variable_has_values_to_choose_from(prometheus: Prometheus, uid: str) -> None:
    for variable in BOARDS[uid]["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = filled(variable["query"], CHOSEN)[len("label_values(") : -1].rsplit(
                ", ", 1
            )
            values = prometheus.get(f"label/{label}/values", **{"match[]": metric})
            assert values, variable["query"]


@pytest.mark.parametrize("uid", BOARDS)
def test_the_columns_of_a_table_have_the_labels_of_its_rows_alone(
    prometheus: Prometheus, uid: str
) -> None:
    for panel in panels(BOARDS[uid]):
        if panel["type"] == "table":
            (shown,) = [
                set(transformation["options"]["indexByName"])
                for transformation in panel["transformations"]
                if transformation["id"] == "organize"
            ]
            for target in panel["targets"]:
                for sample in prometheus.now(filled(target["expr"], CHOSEN)):
                    assert set(sample["metric"]) <= shown, target["expr"]
