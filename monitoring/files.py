"""Everything that a team without Pulumi gives its own Prometheus, Alertmanager and Grafana."""

from __future__ import annotations

import json

from infra.config import StackConfig
from infra.plain_yaml import dump
from monitoring.alertmanager import alertmanager_config
from monitoring.collection.scrape import prometheus_config
from monitoring.dashboards import dashboards
from monitoring.relay_config import relay_config
from monitoring.rules import rule_file
from monitoring.stack import alerting_of

PROMETHEUS = "prometheus.yml"
RULES = "rules.yaml"
ALERTMANAGER = "alertmanager.yml"
RELAY = "relay.yaml"


def files(config: StackConfig) -> dict[str, str]:
    """Content by path; of a group, whose base collects, the rules about its models alone.

    Raises ValueError for a stack without `alerting`.
    """
    alerting = alerting_of(config)
    if not config.owns_alerting:
        return {RULES: dump(rule_file(config))}
    found = {
        PROMETHEUS: dump(prometheus_config(config)),
        RULES: dump(rule_file(config)),
        ALERTMANAGER: dump(alertmanager_config(config)),
    }
    if alerting.receivers.robots:
        found[RELAY] = dump(relay_config(config))
    for uid, dashboard in dashboards(config).items():
        found[f"dashboards/{uid}.json"] = json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"
    return found
