"""One Prometheus for all tests of dashboards and runbooks."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from local.toolchain import ensure
from monitoring.rules import rule_file
from tests.dashboards import series
from tests.dashboards.boards import CONFIG
from tests.dashboards.prometheus import Prometheus, running


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Holds the fleet of `series`, and what the rules of the stack made of it."""
    # Built before anything is told the time, which takes minutes on a new machine.
    ensure(("prometheus", "alertmanager"), print)
    now = int(time.time())
    curves = series.scraped(now)
    past = [
        *(series.history(series.weeks_ago(), now - weeks * series.WEEK) for weeks in (3, 2, 1)),
        series.history([*curves, *series.recorded()], now - series.HOUR),
    ]

    def scrape() -> str:
        at = time.time()
        return "\n".join((*(curve.line(at, stamped=False) for curve in curves), ""))

    directory = tmp_path_factory.mktemp("prometheus")
    with running(directory, past, scrape, rule_file(CONFIG)) as served:
        yield served
