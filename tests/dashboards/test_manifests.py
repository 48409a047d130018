"""How dashboards get into Grafana."""

from __future__ import annotations

import json
from typing import Any

from infra.config import StackConfig
from monitoring.dashboards.manifests import manifests
from tests.dashboards.boards import BOARDS, CONFIG

# A ConfigMap holds 1 MiB; a client-side `kubectl apply` keeps a second copy in 256 KiB.
_MOST_BYTES = 256 * 1024


def by(way: str) -> StackConfig:
    """The stack with another way into Grafana."""
    assert CONFIG.alerting is not None
    alerting = CONFIG.alerting.model_copy(update={"dashboards": way})
    return CONFIG.model_copy(update={"alerting": alerting})


def config_maps(way: str) -> dict[str, dict[str, Any]]:
    """The ConfigMaps by name."""
    return {
        found["metadata"]["name"]: found
        for found in manifests(by(way))
        if found["kind"] == "ConfigMap"
    }


def test_a_config_map_carries_each_dashboard_and_the_label_that_the_sidecar_looks_for() -> None:
    maps = config_maps("sidecar")
    assert set(maps) == set(BOARDS)
    assert len(manifests(by("sidecar"))) == len(maps)
    for uid, found in maps.items():
        assert found["metadata"]["namespace"] == "paddle-monitoring"
        assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
        (text,) = found["data"].values()
        assert json.loads(text) == BOARDS[uid]
        assert len(text.encode()) < _MOST_BYTES


def test_the_operator_is_led_to_the_key_of_each_config_map() -> None:
    maps = config_maps("operator")
    led = [found for found in manifests(by("operator")) if found["kind"] == "GrafanaDashboard"]
    assert len(led) == len(maps) == len(BOARDS)
    for found in led:
        reference = found["spec"]["configMapRef"]
        assert reference["key"] in maps[reference["name"]]["data"]


def test_with_the_operator_a_sidecar_does_not_take_the_dashboards_a_second_time() -> None:
    for found in config_maps("operator").values():
        assert "grafana_dashboard" not in found["metadata"]["labels"]


def test_a_stack_without_alerting_has_nothing_for_grafana() -> None:
    assert manifests(CONFIG.model_copy(update={"alerting": None})) == []
