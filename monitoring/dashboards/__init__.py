"""Grafana dashboards of a stack, computed; `monitoring.dashboards.objects` deploys them."""

from __future__ import annotations

from typing import Any

from infra.config import StackConfig


def dashboards(config: StackConfig) -> dict[str, dict[str, Any]]:
    """Every dashboard as Grafana's JSON model, by uid; none without `alerting`.

    https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
    """
    if config.alerting is None:
        return {}
    # The builders take a while to import, which a stack without dashboards need not pay.
    from monitoring.dashboards import canary, fleet, itself, version  # noqa: PLC0415
    from monitoring.dashboards.language import speaker  # noqa: PLC0415

    say = speaker(config.alerting.language)
    interval = config.alerting.prometheus.interval.total_seconds()
    boards = (
        canary.board(config, say, interval),
        version.board(config, say, interval),
        fleet.board(config, say, interval),
        itself.board(say, interval),
    )
    built = [board.json() for board in boards]
    return {board["uid"]: board for board in built}
