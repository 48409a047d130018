"""Links from an alert to where its reader looks next."""

from __future__ import annotations

from infra.config.alerting import Alerting
from infra.config.alerts import Alert

_DASHBOARDS = {
    "model": (
        "/d/paddle-canary-canary"
        "?var-namespace={{ $labels.namespace }}&var-model={{ $labels.model }}"
    ),
    "platform": "/d/paddle-canary-monitoring",
}
_RUNBOOK = {"en": "md", "zh": "zh.md"}


def further_reading(alerting: Alerting, alert: Alert) -> dict[str, str]:
    """The annotations `runbook` and `dashboard`, as far as the stack says where these are."""
    links = alerting.links
    found = {}
    if links.runbooks is not None:
        page = f"{alert.name}.{_RUNBOOK[alerting.language]}"
        found["runbook"] = f"{links.runbooks.rstrip('/')}/{page}"
    if links.grafana is not None:
        found["dashboard"] = links.grafana.rstrip("/") + _DASHBOARDS[alert.scope]
    return found
