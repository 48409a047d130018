"""The relay's own configuration, `relay.yaml`: robots, links, and the files with their secrets."""

from __future__ import annotations

from typing import Any

from infra.config import Dingtalk, Robot, StackConfig, Wecom
from monitoring.alertmanager import RELAY_PORT, REPEAT_CRITICAL
from monitoring.secret_files import RELAY_TOKEN, path, receiver_file
from monitoring.stack import alerting_of


def relay_config(config: StackConfig) -> dict[str, Any]:
    """The content of `relay.yaml`, as `monitoring/relay/config.py` describes it.

    Raises ValueError for a stack without `alerting`, or whose receivers have no robots: the relay
    has nothing to do there.
    """
    alerting = alerting_of(config)
    if not alerting.receivers.robots:
        raise ValueError("alerting.receivers: found no robots; write one, or deploy no relay")
    pages = {
        "alertmanager": alerting.links.alertmanager,
        "dashboards": alerting.links.grafana,
        "runbooks": alerting.links.runbooks,
    }
    links = {name: url for name, url in pages.items() if url is not None}
    return {
        "port": RELAY_PORT,
        "language": alerting.language,
        "timeZone": alerting.time_zone,
        "bearerTokenFile": path(RELAY_TOKEN),
        # The shortest on any route to a robot: what comes again within it is a retry, or comes from
        # the other Alertmanager of a pair.
        "repeatInterval": REPEAT_CRITICAL,
        **({"links": links} if links else {}),
        "robots": {name: _robot(name, robot) for name, robot in alerting.receivers.robots.items()},
    }


def _robot(name: str, robot: Robot) -> dict[str, Any]:
    if isinstance(robot, Wecom):
        found = {"type": "wecom", "tokenFile": path(receiver_file(name, "key"))}
    else:
        found = {
            "type": "dingtalk" if isinstance(robot, Dingtalk) else "feishu",
            "tokenFile": path(receiver_file(name, "token")),
            "secretFile": path(receiver_file(name, "secret")),
        }
    # Whoever owns the alert: a robot's group belongs to one team.
    mentions = {"mentions": {"oncall": list(robot.mention)}} if robot.mention else {}
    return {**found, "url": robot.url, **mentions}
