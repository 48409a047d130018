"""Dashboards are whole: everything is named, explained, linked, and in its place."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitoring.dashboards import dashboards
from tests.dashboards.boards import BOARDS, CONFIG, asked, panels, spoken

CHINESE = dashboards(spoken("zh"))
_BUILT_IN = {"__rate_interval", "__data", "__all", "datasource"}
_HAN = re.compile(r"[\u4e00-\u9fff]")
# What a Chinese SRE calls by its English name.
_SAME_IN_BOTH = re.compile(r"Alertmanager|Pod|GPU|XID|job|track|p99|SLO|\{\{\w+\}\}|[ ÷]")

Json = dict[str, Any]
boards = pytest.mark.parametrize("board", [*BOARDS.values(), *CHINESE.values()])


def texts(value: object, *keys: str) -> list[str]:
    """Every text under one of these keys, however deep."""
    if isinstance(value, dict):
        own = [text for key in keys if isinstance(text := value.get(key), str)]
        return own + [text for each in value.values() for text in texts(each, *keys)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each, *keys)]
    return []


@boards
def test_panels_have_ids_of_their_own(board: Json) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)


@boards
def test_panels_lie_on_the_grid_and_not_on_each_other(board: Json) -> None:
    areas = []
    for panel in board["panels"]:
        x, y, w, h = (panel["gridPos"][key] for key in "xywh")
        assert x + w <= 24, panel["title"]
        areas.append({(column, row) for column in range(x, x + w) for row in range(y, y + h)})
    assert all(one.isdisjoint(other) for one, other in combinations(areas, 2))


@boards
def test_every_panel_has_a_title_a_description_and_units(board: Json) -> None:
    assert board["title"]
    assert board["description"]
    for panel in panels(board):
        assert panel["title"]
        assert len(panel["description"]) >= 10, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@boards
def test_who_looks_chooses_the_prometheus(board: Json) -> None:
    sources = [target["datasource"] for panel in panels(board) for target in panel["targets"]]
    sources += [panel["datasource"] for panel in panels(board)]
    sources += [mark["datasource"] for mark in board.get("annotations", {}).get("list", ())]
    assert sources
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources), (
        sources
    )


@boards
def test_every_variable_that_is_used_can_be_chosen(board: Json) -> None:
    known = {variable["name"] for variable in board["templating"]["list"]} | _BUILT_IN
    used = re.findall(r"\$\{?(\w+)", json.dumps(board))
    assert set(used) <= known


@boards
def test_links_lead_to_dashboards_and_set_variables_that_are_there(board: Json) -> None:
    for url in texts(board, "url"):
        link = urlsplit(url)
        uid = link.path.removeprefix("/d/")
        assert uid in BOARDS
        known = {f"var-{variable['name']}" for variable in BOARDS[uid]["templating"]["list"]}
        assert set(parse_qs(link.query)) <= known


def test_every_dashboard_leads_to_all_others() -> None:
    for board in BOARDS.values():
        (link,) = board["links"]
        assert link["type"] == "dashboards"
        assert set(link["tags"]) <= set(board["tags"])


@pytest.mark.parametrize("uid", BOARDS)
def test_both_languages_ask_the_same(uid: str) -> None:
    english = [query.expr for query in asked(BOARDS[uid])]
    assert [query.expr for query in asked(CHINESE[uid])] == english


@pytest.mark.parametrize("uid", BOARDS)
def test_everything_is_said_in_chinese(uid: str) -> None:
    said = texts(CHINESE[uid], "title", "description", "label", "legendFormat")
    foreign = [
        text for text in said if not _HAN.search(text) and _SAME_IN_BOTH.sub("", text).strip()
    ]
    assert foreign in ([], ["paddle-canary"])


def test_dashboards_are_the_same_in_every_run() -> None:
    script = "import json; from tests.dashboards.boards import BOARDS; print(json.dumps(BOARDS))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed},
        )
        assert json.loads(done.stdout) == BOARDS


def test_a_stack_without_gpus_that_dcgm_knows_has_no_panels_of_them() -> None:
    pools = {
        name: pool.model_copy(update={"accelerator": "kunlunxin.com/xpu"})
        for name, pool in CONFIG.node_pools.items()
    }
    built = dashboards(CONFIG.model_copy(update={"node_pools": pools}))
    assert "DCGM" not in json.dumps(built)


def test_a_stack_without_alerting_has_no_dashboards() -> None:
    assert dashboards(CONFIG.model_copy(update={"alerting": None})) == {}


def test_a_stack_without_alerting_does_not_wait_for_grafanas_builders() -> None:
    script = (
        "import sys; from monitoring.dashboards import manifests, links; "
        "sys.exit('grafana_foundation_sdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
