"""The secrets of alerting as files: what each program mounts, and where.

Rendered configuration names these files and never holds a secret itself. A name with a dot belongs
to a receiver, which cannot have one in its own name; all others belong to the platform.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from pydantic import BaseModel

from infra.config import Alerting, Secret, StackConfig

DIRECTORY = "/etc/paddle-canary/secrets"

RELAY_TOKEN = "relay-token"
SMTP_PASSWORD = "smtp-password"
DEAD_MANS_SWITCH = "dead-mans-switch"


def path(file: str) -> str:
    """Where a file is mounted."""
    return f"{DIRECTORY}/{file}"


def receiver_file(receiver: str, key: str) -> str:
    """The file of a receiver's secret: `vision-dingtalk`, `token` -> `vision-dingtalk.token`."""
    return f"{receiver}.{key}"


def switch_file(key: str) -> str:
    """The file of a secret of the dead man's switch."""
    return f"{DEAD_MANS_SWITCH}-{key}"


def remote_write_file(place: int) -> str:
    """The file of the token of a store, by its place in `alerting.prometheus.remoteWrite`."""
    return f"remote-write-{place}-token"


def secret_files(config: StackConfig) -> dict[str, Secret]:
    """Every file, by name."""
    return {**alertmanager_files(config), **relay_files(config), **prometheus_files(config)}


def alertmanager_files(config: StackConfig) -> dict[str, Secret]:
    """What Alertmanager needs: its own receivers' addresses and tokens, and that of the relay."""
    alerting = config.alerting
    if alerting is None:
        return {}
    files = _relay_token(alerting)
    for name, webhook in alerting.receivers.webhook.items():
        files |= {receiver_file(name, key): value for key, value in _secrets(webhook)}
    if alerting.smtp is not None:
        files[SMTP_PASSWORD] = alerting.smtp.password
    if alerting.dead_mans_switch is not None:
        files |= {switch_file(key): value for key, value in _secrets(alerting.dead_mans_switch)}
    return files


def relay_files(config: StackConfig) -> dict[str, Secret]:
    """What the relay needs: the robots' secrets, and the token that Alertmanager must show."""
    alerting = config.alerting
    if alerting is None:
        return {}
    files = _relay_token(alerting)
    for name, robot in alerting.receivers.robots.items():
        files |= {receiver_file(name, key): value for key, value in _secrets(robot)}
    return files


def prometheus_files(config: StackConfig) -> dict[str, Secret]:
    """What Prometheus needs: tokens of the stores that get a copy."""
    stores = config.alerting.prometheus.remote_write if config.alerting else ()
    return {
        remote_write_file(place): store.token
        for place, store in enumerate(stores)
        if store.token is not None
    }


def _secrets(part: BaseModel) -> Iterable[tuple[str, Secret]]:
    return [(key, value) for key, value in part if isinstance(value, Secret)]


def _relay_token(alerting: Alerting) -> dict[str, Secret]:
    """Made of all the robots' secrets, so that nobody has to invent and keep another one.

    Who knows them all can speak to the robots anyway, and the token allows no more than that.
    """
    robots = alerting.receivers.robots
    if not robots:
        return {}
    known = [
        f"{name}\0{value.value}" for name in sorted(robots) for _, value in _secrets(robots[name])
    ]
    return {
        RELAY_TOKEN: Secret(
            hmac.digest("\0".join(known).encode(), RELAY_TOKEN.encode(), "sha256").hex()
        )
    }
