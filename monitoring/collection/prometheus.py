"""Prometheus of mode `embedded`: one pod with a volume, which reloads what changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from infra.config import Alerting, StackConfig, show_duration
from infra.isolation import Manifest
from infra.plain_yaml import dump
from monitoring.collection import pods
from monitoring.collection.access import account, prometheus_access
from monitoring.collection.config_maps import config_map, rule_maps, rules_of_group
from monitoring.collection.names import CONFIGURATION, PORTS, PROMETHEUS
from monitoring.collection.scrape import RULES, prometheus_config
from monitoring.secret_files import prometheus_files
from monitoring.stack import alerting_of

_FILE = "prometheus.yml"
_DATA = "/prometheus"
# Of the volume; the log that is not compacted yet counts for nothing in it.
_FULL = 0.8
# Looked at by Prometheus itself. A file that is not right is refused and the old one stays, which
# its metrics tell.
_RELOAD = "15s"


def prometheus(config: StackConfig) -> Iterator[Manifest]:
    """Everything that it consists of."""
    alerting = alerting_of(config)
    rules = rule_maps(config)
    files = {_FILE: dump(prometheus_config(config))}
    yield account(config, PROMETHEUS)
    yield from prometheus_access(config)
    yield config_map(config, PROMETHEUS, PROMETHEUS, files)
    yield from rules
    yield pods.service(config, PROMETHEUS)
    volumes = [
        pods.configuration(PROMETHEUS),
        _rules([each["metadata"]["name"] for each in rules], config.groups),
        *([pods.secrets(PROMETHEUS)] if prometheus_files(config) else []),
        pods.data(_DATA),
    ]
    started = pods.container(
        PROMETHEUS,
        alerting.images.prometheus,
        ["/bin/prometheus", *_flags(alerting)],
        volumes,
        cpu="250m",
        memory=alerting.prometheus.memory,
    )
    server = pods.serving(PROMETHEUS, started, ready="/-/ready", live="/-/healthy")
    template = pods.template(config, PROMETHEUS, [server], volumes, account=PROMETHEUS)
    # It writes what it holds in memory.
    template["spec"]["terminationGracePeriodSeconds"] = 120
    yield pods.stateful_set(config, PROMETHEUS, template, alerting.prometheus.storage)


def _flags(alerting: Alerting) -> list[str]:
    settings = alerting.prometheus
    flags = {
        "config.file": f"{CONFIGURATION}/{PROMETHEUS}/{_FILE}",
        "config.auto-reload-interval": _RELOAD,
        "storage.tsdb.path": _DATA,
        "storage.tsdb.retention.time": show_duration(settings.retention),
        "storage.tsdb.retention.size": _most(settings.storage),
        "web.listen-address": f":{PORTS[PROMETHEUS]}",
    }
    if alerting.links.prometheus is not None:
        flags |= own_address(alerting.links.prometheus)
    return ["--config.auto-reload", *(f"--{name}={value}" for name, value in flags.items())]


def own_address(url: str) -> dict[str, str]:
    """Flags of a server that people reach at `url`, through something that takes its path away."""
    found = {"web.external-url": url}
    return found | ({"web.route-prefix": "/"} if urlsplit(url).path.strip("/") else {})


def _most(storage: str) -> str:
    """How much of the volume samples may take: a full one stops Prometheus."""
    size = pods.WITHOUT_VOLUME if storage == "none" else storage
    mebibytes = int(size[:-2]) * (1024 if size.endswith("Gi") else 1)
    # Its megabytes have 1024 kilobytes of 1024 bytes.
    return f"{int(mebibytes * _FULL)}MB"


def _rules(names: Iterable[str], groups: Iterable[str]) -> pods.Volume:
    """All ConfigMaps of rules as one directory, which changes as a whole.

    Those of groups come with their own stacks, and go with them.
    """
    sources: list[Manifest] = [{"configMap": {"name": name}} for name in names]
    sources += [{"configMap": {"name": rules_of_group(each), "optional": True}} for each in groups]
    return pods.Volume("rules", RULES, {"projected": {"sources": sources}})
