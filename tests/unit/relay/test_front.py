"""The front in states that are rare: a queue that fails, more webhooks than may wait."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from monitoring.relay import front
from monitoring.relay.clock import Clock
from monitoring.relay.read_config import parse
from monitoring.relay.relay import Relay
from tests.relay.alerts import alert, webhook
from tests.relay.process import eventually

TOKEN = "bearer-token"


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """A relay whose robot takes connections and never answers."""
    (tmp_path / "bearer").write_text(TOKEN)
    (tmp_path / "key").write_text("key")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        robot = {
            "type": "wecom",
            "url": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "tokenFile": str(tmp_path / "key"),
        }
        bearer = str(tmp_path / "bearer")
        document = {"data": str(tmp_path), "bearerTokenFile": bearer, "robots": {"oncall": robot}}
        made = Relay(parse(document), Clock())
        made.start()
        yield made
    made.stop()


@pytest.fixture
def client(relay: Relay) -> FlaskClient:
    return front.create_app(relay).test_client()


def post(client: FlaskClient, name: str = "A") -> int:
    body = json.dumps(webhook(alert(name)))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return client.post("/robots/oncall", data=body, headers=headers).status_code


def metric(client: FlaskClient, series: str) -> str:
    (line,) = [
        line for line in client.get("/metrics").text.splitlines() if line.startswith(series + " ")
    ]
    return line.rpartition(" ")[2]


def test_only_so_many_webhooks_wait_for_a_robot(
    client: FlaskClient, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_WAITING", 1)
    monkeypatch.setattr(front, "_PATIENCE_S", 2.0)
    app = front.create_app(relay)
    first = threading.Thread(target=post, args=[app.test_client()])
    first.start()
    eventually(lambda: metric(client, 'paddle_relay_waiting{robot="oncall"}') == "1.0")
    assert post(app.test_client(), "B") == 503
    # The first still waits: the second heard at once.
    assert first.is_alive()
    first.join()


def test_a_queue_that_fails_is_503_and_counted_and_hides_no_metrics(
    client: FlaskClient, relay: Relay
) -> None:
    relay.stop()  # which closes it
    assert post(client) == 503
    assert float(metric(client, "paddle_relay_storage_errors_total")) >= 1
    assert "paddle_relay_waiting{" not in client.get("/metrics").text


def test_a_relay_without_its_couriers_is_not_alive(client: FlaskClient, relay: Relay) -> None:
    assert client.get("/health/live").status_code == 200
    relay.stop()
    assert client.get("/health/live").status_code == 503
    assert client.get("/health/ready").status_code == 503


def test_without_the_token_file_nobody_is_recognised(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "bearer").unlink()
    assert post(client) == 503


def test_metrics_are_there_at_zero_and_in_both_formats(client: FlaskClient) -> None:
    assert metric(client, 'paddle_relay_dead_letters_total{robot="oncall"}') == "0.0"
    assert metric(client, 'paddle_relay_dead_letters{robot="oncall"}') == "0.0"
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = client.get("/metrics", headers=accept)
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
