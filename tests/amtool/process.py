"""A real Alertmanager with a rendered configuration, a hundred times as fast."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from infra.config import StackConfig
from infra.plain_yaml import dump
from monitoring.alertmanager import RELAY_PORT, alertmanager_config
from monitoring.secret_files import DIRECTORY, alertmanager_files

FASTER = 100
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000}


@dataclass(frozen=True)
class Alertmanager:
    """One that runs and is ready."""

    address: str

    def fire(self, *alerts: Mapping[str, str], **annotations: str) -> None:
        """Alerts that fire until further notice, by their labels."""
        self._post([_alert(labels, timedelta(hours=1), annotations) for labels in alerts])

    def resolve(self, *alerts: Mapping[str, str]) -> None:
        """The same alerts, over."""
        self._post([_alert(labels, timedelta(), {}) for labels in alerts])

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert with what Alertmanager makes of it."""
        groups = json.loads(self._ask("GET", "/api/v2/alerts/groups"))
        return [alert for group in groups for alert in group["alerts"]]

    def _post(self, alerts: list[dict[str, Any]]) -> None:
        self._ask("POST", "/api/v2/alerts", json.dumps(alerts))

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        connection = HTTPConnection(self.address, timeout=10)
        with closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == 200, content
            return content


def _alert(
    labels: Mapping[str, str], lasts: timedelta, annotations: Mapping[str, str]
) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "labels": dict(labels),
        "annotations": dict(annotations),
        "startsAt": (now - timedelta(minutes=1)).isoformat(),
        "endsAt": (now + lasts).isoformat(),
    }


@contextmanager
def running(
    binaries: Path,
    stack: StackConfig,
    directory: Path,
    world: str,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Alertmanager]:
    """Alertmanager with the stack's routes; secrets as files, the relay at the address `world`."""
    secrets = directory / "secrets"
    secrets.mkdir()
    for name, secret in alertmanager_files(stack).items():
        (secrets / name).write_text(secret.value)
    text = dump(_faster(alertmanager_config(stack))).replace(DIRECTORY, str(secrets))
    text = re.sub(rf"http://relay\.[a-z-]+\.svc:{RELAY_PORT}", world, text)
    file = directory / "alertmanager.yml"
    file.write_text(text)
    log = directory / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                binaries / "alertmanager",
                f"--config.file={file}",
                f"--storage.path={directory / 'data'}",
                "--web.listen-address=127.0.0.1:0",
                "--cluster.listen-address=",
            ],
            stdout=output,
            stderr=output,
            env=dict(variables or {}),
        )
    try:
        yield Alertmanager(_address(process, log))
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, which only its log tells."""
    while process.poll() is None:
        found = re.search(r'msg="Listening on" address=(127\.0\.0\.1:[0-9]+)', log.read_text())
        if found:
            return found.group(1)
    raise AssertionError(log.read_text())


def _faster(node: object) -> Any:  # noqa: ANN401 - what comes in, with other durations
    """A configuration whose waits and intervals are a hundredth of what they are."""
    if isinstance(node, dict):
        return {
            key: _hundredth(value)
            if key in ("group_wait", "group_interval", "repeat_interval")
            else _faster(value)
            for key, value in node.items()
        }
    return [_faster(each) for each in node] if isinstance(node, list) else node


def _hundredth(duration: str) -> str:
    return f"{int(duration[:-1]) * _UNITS_MS[duration[-1]] // FASTER}ms"
