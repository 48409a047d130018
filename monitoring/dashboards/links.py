"""Where the dashboards are, for whoever links to them. Needs nothing that takes time to import."""

from __future__ import annotations

from urllib.parse import urlencode

CANARY = "paddle-canary-canary"
VERSION = "paddle-canary-version"
FLEET = "paddle-canary-fleet"
MONITORING = "paddle-canary-monitoring"


def path(uid: str, **variables: str) -> str:
    """The path of a dashboard below Grafana's address, with values for its variables.

    Values are written as they are, so that a template of Grafana or of an alert can stand there.
    """
    query = urlencode({f"var-{name}": value for name, value in variables.items()}, safe="${}._ ")
    return f"/d/{uid}?{query}" if query else f"/d/{uid}"
