"""Only what Alertmanager sends is taken, and all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitoring.relay.webhook import NotAlertmanager, dump, parse
from tests.relay.alerts import alert, webhook

GOOD = webhook(alert(pod="a"), alert(pod="b", status="resolved"))


def test_a_notification_is_read_and_written_without_loss() -> None:
    read = parse(json.dumps(GOOD))
    assert [each.status for each in read.alerts] == ["firing", "resolved"]
    assert read.alerts[0].ends_at is None
    assert read.labels == {"alertname": "HighModelErrorRate", "model": "ocr", "version": "v1.2"}
    assert parse(dump(read)) == read


def test_go_writes_nanoseconds_and_offsets() -> None:
    odd = {**alert(), "startsAt": "2026-11-23T20:03:05.123456789+08:00"}
    assert parse(json.dumps(webhook(odd))).alerts[0].starts_at.isoformat() == (
        "2026-11-23T12:03:05.123456+00:00"
    )


def test_half_a_surrogate_pair_can_be_stored_and_sent() -> None:
    read = parse(json.dumps(webhook(alert(pod="a\ud83d"), group="\udead")))
    assert read.alerts[0].labels["pod"] == "a?"
    dump(read).encode()
    read.key.encode()


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


def altered(**values: object) -> dict[str, Any]:
    return {**GOOD, "alerts": [{**GOOD["alerts"][0], **values}]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xff",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"text"',
        *(
            json.dumps(each).encode()
            for each in (
                without("version"),
                without("groupKey"),
                without("groupLabels"),
                without("alerts"),
                {**GOOD, "version": "3"},
                {**GOOD, "alerts": []},
                {**GOOD, "alerts": None},
                {**GOOD, "alerts": ["x"]},
                {**GOOD, "groupKey": 7},
                {**GOOD, "truncatedAlerts": "many"},
                {**GOOD, "truncatedAlerts": float("inf")},
                altered(status="burning"),
                altered(labels={"a": 1}),
                altered(labels=None),
                altered(startsAt="yesterday"),
                altered(startsAt="2026-11-23T12:03:05"),
                altered(startsAt=None),
                altered(fingerprint=None),
            )
        ),
    ],
)
def test_anything_else_is_refused_with_words(body: bytes) -> None:
    with pytest.raises(NotAlertmanager) as error:
        parse(body)
    assert str(error.value)
