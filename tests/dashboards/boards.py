"""What Grafana makes of a dashboard: its queries, with values in place of variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infra.config import StackConfig, load_file
from monitoring.dashboards import dashboards

CONFIG = load_file(Path(__file__).with_name("stack.yaml"))
BOARDS = dashboards(CONFIG)
# A variable with several values goes into a query as a pattern.
CHOSEN = {
    "namespace": "paddle-models",
    "model": "ocr",
    "version": "v1.2",
    "signal": "confidence|length",
    # As long as the windows of the rules: a slow start of Prometheus is a gap in it, no more.
    "__rate_interval": "5m",
}
_VARIABLE = re.compile(r"\$(\w+)")


class Asked(NamedTuple):
    """A query as Prometheus gets it: `now` for tables, over time for graphs."""

    panel: str
    expr: str
    now: bool


def spoken(language: str) -> StackConfig:
    """The stack in another language."""
    assert CONFIG.alerting is not None
    alerting = CONFIG.alerting.model_copy(update={"language": language})
    return CONFIG.model_copy(update={"alerting": alerting})


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with a value in place of each variable."""
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels of a dashboard without the headings of its rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def asked(board: dict[str, Any]) -> Iterator[Asked]:
    """Every query of the panels and annotations of a dashboard."""
    for panel in panels(board):
        for target in panel["targets"]:
            expr = filled(target["expr"], CHOSEN)
            yield Asked(f"{panel['title']} {target['refId']}", expr, target["instant"])
    for annotation in board.get("annotations", {}).get("list", ()):
        yield Asked(annotation["name"], filled(annotation["target"]["expr"], CHOSEN), now=False)
