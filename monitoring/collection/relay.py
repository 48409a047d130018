"""The relay, which speaks to chat robots, as one pod with its queue on a volume."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from infra.config import StackConfig
from infra.isolation import Manifest
from infra.plain_yaml import dump
from monitoring.collection import pods
from monitoring.collection.config_maps import config_map
from monitoring.collection.names import CONFIGURATION, RELAY
from monitoring.relay_config import relay_config
from monitoring.stack import alerting_of

_FILE = "relay.yaml"
_DATA = "/var/lib/relay"
# Messages that were not told yet.
_VOLUME = "1Gi"


def relay(config: StackConfig) -> Iterator[Manifest]:
    """Everything that it consists of; nothing where no receiver is a robot."""
    alerting = alerting_of(config)
    if not alerting.receivers.robots:
        return
    text = dump(relay_config(config))
    yield config_map(config, RELAY, RELAY, {_FILE: text})
    yield pods.service(config, RELAY)
    volumes = [pods.configuration(RELAY), pods.secrets(RELAY), pods.data(_DATA)]
    started = pods.container(
        RELAY,
        alerting.images.relay,
        ["python3", "-m", "monitoring.relay", "--config", f"{CONFIGURATION}/{RELAY}/{_FILE}"],
        volumes,
        cpu="50m",
        memory="256Mi",
    )
    server = pods.serving(RELAY, started, ready="/health/ready", live="/health/live")
    # It starts anew for another configuration, and its queue waits for it on the disk.
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    annotations = {"paddle-canary.dev/configuration": digest}
    template = pods.template(config, RELAY, [server], volumes, annotations=annotations)
    yield pods.stateful_set(config, RELAY, template, _VOLUME)
