"""The route exporter as one pod."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from infra.isolation import Manifest
from monitoring.collection import pods
from monitoring.collection.access import account, exporter_access
from monitoring.collection.names import EXPORTER, PORTS
from monitoring.stack import alerting_of


def exporter(config: StackConfig) -> Iterator[Manifest]:
    """Everything that it consists of."""
    alerting = alerting_of(config)
    yield account(config, EXPORTER)
    yield from exporter_access(config)
    yield pods.service(config, EXPORTER)
    entry_points = ["--entry-point", *alerting.gateway.entry_points]
    command = [
        *("python3", "-m", "monitoring.exporter"),
        *("--namespace", *config.namespaces, "--plane", config.data_plane),
        *("--port", str(PORTS[EXPORTER])),
        *(entry_points if config.data_plane == "gateway" else []),
    ]
    started = pods.container(
        EXPORTER, alerting.images.relay, command, [], cpu="50m", memory="256Mi"
    )
    server = pods.serving(EXPORTER, started, ready="/health/live", live="/health/live")
    template = pods.template(config, EXPORTER, [server], [], account=EXPORTER)
    yield pods.deployment(config, EXPORTER, template)
