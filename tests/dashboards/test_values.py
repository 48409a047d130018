"""Panels show what went into Prometheus: the fleet of `series`, whose numbers are known."""

from __future__ import annotations

import time

import pytest

from monitoring.dashboards.links import CANARY, FLEET, MONITORING, VERSION
from tests.dashboards.boards import BOARDS, CHOSEN, filled, panels
from tests.dashboards.prometheus import Prometheus
from tests.dashboards.series import HOUR, RAISED

# Rates are extrapolated to the ends of their windows.
CLOSE = 0.05
# Several versions can be chosen on one dashboard alone.
_CHOSEN = dict.fromkeys(BOARDS, CHOSEN) | {CANARY: CHOSEN | {"version": "v1.1|v1.2"}}


def shown(prometheus: Prometheus, uid: str, title: str, ref: str, label: str) -> dict[str, float]:
    """What a query of a panel shows now, by a label."""
    (panel,) = [panel for panel in panels(BOARDS[uid]) if panel["title"] == title]
    (target,) = [target for target in panel["targets"] if target["refId"] == ref]
    samples = prometheus.now(filled(target["expr"], _CHOSEN[uid]))
    return {sample["metric"].get(label, ""): float(sample["value"][1]) for sample in samples}


@pytest.mark.parametrize(
    ("column", "stable", "canary"),
    [
        ("Weight", 80, 20),
        ("Share", 80, 20),
        ("Ready pods", 4, 1),
        ("Requests", 80, 20),
        ("Errors", 0, 0.05),
    ],
)
def test_the_versions_of_a_model_are_shown_side_by_side(
    prometheus: Prometheus, column: str, stable: float, canary: float
) -> None:
    (table,) = [panel for panel in panels(BOARDS[CANARY]) if panel["title"] == "Versions"]
    renamed = table["transformations"][1]["options"]["renameByName"]
    (ref,) = [name.removeprefix("Value #") for name, title in renamed.items() if title == column]
    values = shown(prometheus, CANARY, "Versions", ref, "version")
    assert values == pytest.approx({"v1.1": stable, "v1.2": canary}, rel=CLOSE)


@pytest.mark.parametrize("ref", ["A", "B", "C"])
def test_the_weight_is_drawn_beside_what_was_sent_and_what_was_answered(
    prometheus: Prometheus, ref: str
) -> None:
    shares = shown(prometheus, CANARY, "Share of traffic against weight", ref, "version")
    assert shares == pytest.approx({"v1.1": 80, "v1.2": 20}, rel=CLOSE)


def test_latency_is_drawn_beside_the_objective_of_the_stack(prometheus: Prometheus) -> None:
    p99 = shown(prometheus, CANARY, "Latency, p99", "A", "version")
    objective = shown(prometheus, CANARY, "Latency, p99", "B", "model")
    assert p99["v1.1"] < objective["ocr"] == 0.5 < p99["v1.2"]


def test_a_version_without_an_error_has_an_error_ratio_of_zero(prometheus: Prometheus) -> None:
    for title in ("Error ratio", "Error ratio at the gateway"):
        ratios = shown(prometheus, CANARY, title, "A", "version")
        assert ratios == pytest.approx({"v1.1": 0, "v1.2": 0.05}, rel=CLOSE)


def test_a_change_of_weight_is_marked_once_for_each_version(prometheus: Prometheus) -> None:
    steps = next(iter(BOARDS[CANARY]["annotations"]["list"]))
    expr = filled(steps["target"]["expr"], CHOSEN)
    events = {
        (found["metric"]["version"], found["metric"]["track"], found["metric"]["weight"]): [
            at for at, _ in found["values"]
        ]
        for found in prometheus.lately(expr, seconds=HOUR - 120, step=60)
    }
    assert set(events) == {("v1.1", "stable", "80"), ("v1.2", "canary", "20")}
    for moments in events.values():
        (moment,) = moments
        assert time.time() - moment == pytest.approx(RAISED, abs=180)


@pytest.mark.parametrize(
    ("title", "by", "value"),
    [
        ("Batch size, mean", "v1.2", 2),
        ("Wait for a worker, p95", "v1.2", 0.05),
        ("Requests inside", "v1.1", 16),
        ("$signal, mean", "v1.1", (0.85 + 42) / 2),
    ],
)
def test_what_a_container_counts_is_shown_by_version(
    prometheus: Prometheus, title: str, by: str, value: float
) -> None:
    assert shown(prometheus, CANARY, title, "A", "version")[by] == pytest.approx(value, rel=CLOSE)


def test_pods_of_a_version_are_shown_one_by_one(prometheus: Prometheus) -> None:
    requests = shown(prometheus, VERSION, "Requests by pod", "A", "pod")
    assert requests == pytest.approx({"ocr-v1-2-0": 20}, rel=CLOSE)
    memory = shown(prometheus, VERSION, "Memory by pod", "A", "pod")
    assert memory == {"ocr-v1-2-0": 2 << 30}


def test_the_fleet_has_errors_in_units_of_the_objective_and_traffic_in_those_of_the_norm(
    prometheus: Prometheus,
) -> None:
    errors = shown(prometheus, FLEET, "All models", "E", "model")
    assert errors == pytest.approx({"ocr": 1, "layout": 0}, rel=CLOSE)
    norm = shown(prometheus, FLEET, "All models", "C", "model")
    assert norm == pytest.approx({"ocr": 100 / 110, "layout": 20 / 21}, rel=CLOSE)


def test_an_alert_that_fires_is_listed(prometheus: Prometheus) -> None:
    here = shown(prometheus, CANARY, "Firing alerts", "A", "alertname")
    everywhere = shown(prometheus, FLEET, "Firing alerts", "A", "alertname")
    assert {"HighModelErrorRate", "HighModelLatency"} <= set(here) <= set(everywhere)
    # Milliseconds since 1970: Grafana counts time in these.
    assert here["HighModelErrorRate"] / 1000 == pytest.approx(time.time(), abs=120)


def test_gpus_are_shown_by_the_pool_of_their_node(prometheus: Prometheus) -> None:
    memory = shown(prometheus, CANARY, "GPU memory", "A", "pool")
    assert memory == pytest.approx({"gpu-stable": 12500 / 40000, "gpu-canary": 30000 / 40000})


def test_programs_tell_of_themselves(prometheus: Prometheus) -> None:
    up = shown(prometheus, MONITORING, "Targets", "A", "job")
    assert up["paddle-models"] == 7
    assert up["prometheus"] == up["alertmanager"] == 1
    assert "active" in shown(prometheus, MONITORING, "Alerts", "A", "state")
