"""Signatures, against what another program has computed.

    printf '1700000000000\\nSEC0123456789abcdef' |
        openssl dgst -sha256 -hmac SEC0123456789abcdef -binary | base64
    printf '' | openssl dgst -sha256 -mac HMAC -binary -macopt \\
        hexkey:$(printf '100\\ndemo' | xxd -p) | base64
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from monitoring.relay.messages import Message
from monitoring.relay.robots import KINDS, dingtalk, feishu

MESSAGE = Message("title", ("line",), (), "critical")


@pytest.mark.parametrize(
    ("timestamp", "secret", "signature"),
    [
        ("1700000000000", "SEC0123456789abcdef", "TSZbRFUuvaSQaRKUpF970OPCb2/LcQAP3wOvwZIzBZk="),
        ("1577262236757", "this is secret", "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="),
    ],
)
def test_dingtalk_signs_with_the_secret_as_key(timestamp: str, secret: str, signature: str) -> None:
    assert dingtalk.sign(timestamp, secret) == signature


@pytest.mark.parametrize(
    ("timestamp", "secret", "signature"),
    [
        ("100", "demo", "jquNHnVOwmDRfw+vqTIrY5dooJAgi5EcRtLsQE4wfXg="),
        ("1599360473", "demo-密钥", "m316wc/CwL3YL4sVIEwmfeGHXSritr0hFKXRttPB0qk="),
    ],
)
def test_feishu_signs_nothing_with_timestamp_and_secret_as_key(
    timestamp: str, secret: str, signature: str
) -> None:
    assert feishu.sign(timestamp, secret) == signature


def test_dingtalk_has_milliseconds_and_an_encoded_signature_in_the_query() -> None:
    request = KINDS["dingtalk"].request(MESSAGE, "k", "to+ken", "this is secret", 1577262236.757)
    path = urlsplit(request.path)
    assert path.path == "/robot/send"
    assert parse_qs(path.query) == {
        "access_token": ["to+ken"],
        "timestamp": ["1577262236757"],
        "sign": ["hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="],
    }
    assert "+" not in path.query


def test_without_a_secret_nothing_is_signed() -> None:
    assert KINDS["dingtalk"].request(MESSAGE, "k", "t", None, 1.0).path == (
        "/robot/send?access_token=t"
    )
    assert b"sign" not in KINDS["feishu"].request(MESSAGE, "k", "t", None, 1.0).body


def test_a_token_cannot_leave_its_place_in_the_path() -> None:
    for kind in KINDS.values():
        path = kind.request(MESSAGE, "k", "../x?a=b&c#d", None, 1.0).path
        assert path.count("?") <= 1
        assert not set("#&") & set(path)
        assert "/../" not in path


def test_the_path_of_a_request_is_not_shown() -> None:
    request = KINDS["dingtalk"].request(MESSAGE, "k", "t0ken", "s3cret", 1.0)
    assert "t0ken" not in repr(request) + str(request)
